import { applicationCalled } from '../../gateway/applications.ts'
import type { Upstream } from '../../gateway/call.ts'
import { fastCgiUpstream } from '../../gateway/fastcgi/backends.ts'
import { httpUpstream } from '../../gateway/http/upstream.ts'
import { scgiUpstream } from '../../gateway/scgi/upstream.ts'
import type { OwnIdentity } from '../../message/identity-fields.ts'
import type { Handler } from '../../message/interface.ts'
import type { ApplicationSpec } from '../../process/specification.ts'
import { type Explain, explaining, explanationOf } from '../explain.ts'
import type { FilesPlace } from '../files/options.ts'
import { mountedProgram } from '../mounted-program.ts'
import { program as programOf } from '../program.ts'
import { forwarder } from '../proxy/forward.ts'
import type { AppOptions } from './options.ts'
import { applicationOf, optionsOf } from './specification.ts'

const QUEUE = 1024

/** How the processes of an application are called, by what they speak. */
const UPSTREAMS: { readonly [P in ApplicationSpec['protocol']]: (address: string) => Upstream } = {
  http: (address) => httpUpstream({ address, connections: MANY, queue: 0 }),
  fastcgi: (address) => fastCgiUpstream({ address, connections: MANY, keepAlive: true }),
  scgi: (address) => scgiUpstream({ address }),
}
/** How many run at once is decided before. */
const MANY = 65536

/** An application that Oriel runs, as a resource. @throws TypeError for no command. */
export function app(given: string | AppOptions, place: Pick<FilesPlace, 'base' | 'identity'>): Handler {
  const options = optionsOf(given)
  return calling(applicationOf(options, place.base), options, place.identity)
}

/**
 * Has the processes of an application answer, whoever runs them.
 * @param identity What the site knows users by.
 * @param upstream How a process is called, where more is known of it than what it speaks.
 */
export function calling(
  spec: ApplicationSpec,
  options: Omit<AppOptions, 'command'>,
  identity?: OwnIdentity,
  upstream: (address: string) => Upstream = UPSTREAMS[spec.protocol],
): Handler {
  const { key, name, connections, ahead, protocol, command, cwd } = spec
  const { queue = QUEUE, spool = true, authorization, timeouts = {} } = options
  const common = { spool, timeouts, ...(authorization !== undefined && { authorization }) }
  const { open } = applicationCalled({ key, name, connections, ...(ahead !== undefined && { ahead }), queue, upstream })
  const about: Explain = async () => [
    ['command', command.join(' ')],
    ['folder', cwd],
  ]
  if (protocol !== 'http') {
    return mountedProgram(programOf(open, name, common, identity), common, about)
  }
  // What Oriel runs is a part of this server: its answers came through nobody (RFC 9110 §7.6.3 leaves Via in them to us).
  const forward = forwarder(open, name, { ...options.forward, ...common, identity, via: false })
  const forwarded = explanationOf(forward)
  return explaining(forward, async (request) => [...(await about(request)), ...((await forwarded?.(request)) ?? [])])
}

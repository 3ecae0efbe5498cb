import { HttpError } from '../../message/errors.ts'
import { Exchange } from '../../message/exchange.ts'
import { isToken } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import { canonicalPath } from '../../message/path.ts'
import { Request } from '../../message/request.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { defaultPage } from '../../site/error-page.ts'
import { type Carried, HostConnection } from '../called/call.ts'
import type { Answering } from '../called/sites.ts'
import { upperFirst } from '../upper-first.ts'
import { HostBody } from './body.ts'
import { HostExchange, type Outcome } from './exchange.ts'
import { socketFacts } from './facts.ts'
import { hasOtherReading } from './other-reading.ts'
import { type Received, received } from './received.ts'
import type { HostRequest } from './request.ts'

export interface HandleOptions {
  /**
   * Whether the host takes back what no route answers: where all that might have `Declined`, or there is none. Guards
   * are asked first: what one refuses is answered. Where it is false or left out, such a request is answered with 404.
   */
  readonly handBack?: boolean
  /**
   * Whether the host routes by the text of the path, or has guards that do: a path that it would take for another one
   * (`//`, dot segments, what need not be encoded) is refused with 400. False where it is left out.
   */
  readonly routesByText?: boolean
}

/**
 * Has a site answer a request that another server has (Draco's handle_request). All that our own engine checks is checked
 * here too, whatever the host has let through.
 * @param site A Site, of any copy of this package.
 * @returns What became of it, once that is certain. With `declined` nothing was sent and nothing of the content read.
 * @throws TypeError for what is no Site; what the host itself throws while it is asked for the request.
 */
export async function handleRequest(site: Answering, host: HostRequest, options: HandleOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => start(site, host, options, resolve))
}

function start(site: Answering, host: HostRequest, options: HandleOptions, over: (outcome: Outcome) => void): void {
  const record = new Exchange(site.report, host.client?.requestId ?? host.requestId)
  let got: Received
  let mount: string
  try {
    got = received(host)
    mount = mountIn(host, got.path)
    if (options.routesByText === true && hasOtherReading(got.target)) throw twoReadings()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return refuse(site, host, record, error, over)
  }
  if (options.handBack === true) record.handBack = 'wanted'
  const { framing, asksUpgrade, ...parts } = got
  const body =
    host.content === null || framing === 0
      ? null
      : new HostBody(host.content, typeof framing === 'number' ? framing : undefined)
  const connection = connectionOf(host, record, mount)
  new HostExchange(host, site, new Request({ ...parts, body }), connection, body, asksUpgrade, over).run()
}

function connectionOf(host: HostRequest, record: Exchange, mount: string): HostConnection {
  const carried: Carried = { user: host.user, means: host.means ?? {}, mount }
  const protocol = host.version === '2.0' ? 'HTTP/2' : `HTTP/${host.version}`
  return new HostConnection(socketFacts(host.facts), record, protocol, carried, host.client)
}

/** @throws ProtocolError where the path only seems to be below the mount, as `/app/../secret`: the host has not asked about that. */
function mountIn({ mount = '' }: HostRequest, path: string): string {
  if (mount === '' || mount === '/') return ''
  const canonical = canonicalPath(mount.endsWith('/') ? mount.slice(0, -1) : mount)
  if (canonical === undefined || (path !== canonical && !path.startsWith(`${canonical}/`))) throw twoReadings()
  return canonical
}

function twoReadings(): ProtocolError {
  return new ProtocolError(400, 'path', 'this path can be understood in two ways')
}

/** Answers what is no request of the site's: plainly, the same for all sites, and logged like any other. */
function refuse(
  site: Answering,
  host: HostRequest,
  record: Exchange,
  error: ProtocolError,
  over: (outcome: Outcome) => void,
): void {
  const { status, code } = error
  record.report('info', 'A request was refused.', { remote: host.facts.remote.address, status, code })
  const response = defaultPage(new HttpError(status, { code, detail: `${upperFirst(error.message)}.` }), undefined)
  const method = isToken(host.method) ? host.method : '-'
  const parts = { method, target: '-', path: '/', search: '', version: host.version, authority: '', secure: false }
  const request = new Request({ ...parts, headers: new Headers(), body: null, selective: false })
  new HostExchange(host, site, request, connectionOf(host, record, ''), null, false, over).refuse(response)
}

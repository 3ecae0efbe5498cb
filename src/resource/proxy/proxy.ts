import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Balancer } from '../../gateway/balance/balancer.ts'
import type { Open, Upstream } from '../../gateway/call.ts'
import { type HttpUpstreamOptions, httpUpstream } from '../../gateway/http/upstream.ts'
import type { Handler } from '../../message/interface.ts'
import type { FilesPlace } from '../files/options.ts'
import { authorityOf, type ProxyAddress, proxyAddresses } from './addresses.ts'
import { forwarder } from './forward.ts'
import { Health } from './health.ts'
import type { ProxyGiven, ProxyOptions, ProxyTls } from './options.ts'

/** As for one address. */
const CONNECTIONS = 1024
const QUEUE = 1024

/** Makes what calls to one address are opened by. */
export type MakeUpstream = (options: HttpUpstreamOptions) => Upstream

/**
 * HTTP servers as a resource: a reverse proxy (RFC 9110 §3.7, there called a gateway).
 * @throws TypeError for options that cannot be; the system's error for a certificate that cannot be read.
 */
export function proxy(
  given: ProxyGiven,
  place: Pick<FilesPlace, 'base' | 'identity' | 'via'>,
  make: MakeUpstream = httpUpstream,
): Handler {
  const options = proxyOptions(given)
  const addresses = proxyAddresses(options.address, place.base)
  const [first] = addresses
  if (first === undefined) throw new TypeError('there is no address to forward to')
  const name = addresses.map(({ text }) => text).join(', ')
  const path = pathOf(options, first)
  const tls = options.tls === undefined ? undefined : tlsOf(options.tls, place.base)
  const { connections, queue, connectTimeout, keepAlive } = options
  const upstream = (text: string): Upstream =>
    make({
      address: text,
      ...(connections !== undefined && { connections }),
      ...(queue !== undefined && { queue }),
      ...(connectTimeout !== undefined && { connectTimeout }),
      ...(keepAlive !== undefined && { keepAlive }),
      ...(tls !== undefined && { tls }),
    })
  const host = hostOf(options, addresses)
  const open =
    addresses.length === 1 && options.health === undefined
      ? upstream(first.text).open
      : balanced(options, addresses, host, name, upstream)
  return forwarder(open, name, {
    ...options,
    host,
    ...(path !== undefined && { path }),
    identity: place.identity,
    via: place.via,
    origins: addresses.map(({ origin }) => origin),
  })
}

/** Several, of which the least busy answers. */
function balanced(
  { connections = CONNECTIONS, queue = QUEUE, health }: ProxyOptions,
  addresses: readonly ProxyAddress[],
  host: string,
  name: string,
  upstream: (text: string) => Upstream,
): Open {
  const balancer = new Balancer({ name, queue: () => queue })
  balancer.become(
    addresses.map(({ text, weight }) => ({
      name: text,
      upstream: () => upstream(text),
      weight,
      capacity: connections,
    })),
  )
  if (health === undefined) return balancer.open
  const asked = balancer.members.map((member, i) => ({ member, origin: addresses[i]?.origin ?? '' }))
  const watch = new Health(asked, health, host === 'client' || host === 'upstream' ? undefined : host)
  return (call, events) => {
    watch.requested(call.connection.exchange)
    return balancer.open(call, events)
  }
}

/** What was given, as options. */
export function proxyOptions(given: ProxyGiven): ProxyOptions {
  return typeof given === 'string' || isList(given) ? { address: given } : given
}

function isList(given: ProxyGiven): given is Exclude<ProxyOptions['address'], string> {
  return Array.isArray(given)
}

/** @throws TypeError where both the address and the options have one. */
function pathOf({ path }: ProxyOptions, first: ProxyAddress): string | undefined {
  if (path !== undefined && first.path !== undefined)
    throw new TypeError('path is there, and a path in the address too')
  return path ?? first.path
}

/**
 * The client's Host, which applications make their links of; to https the server's own, which has its certificate by that
 * name. @throws TypeError where several servers have not one name.
 */
function hostOf({ host }: ProxyOptions, addresses: readonly ProxyAddress[]): string {
  const [first] = addresses
  const chosen = host ?? (first?.origin.startsWith('https:') === true ? 'upstream' : 'client')
  const names = new Set(addresses.map(({ origin }) => authorityOf(origin)))
  if (chosen === 'upstream' && names.size > 1) {
    throw new TypeError("the addresses have not all the same host: say in host which one is sent, or 'client'")
  }
  return chosen
}

function tlsOf({ ca, cert, key, ...others }: ProxyTls, base: string): NonNullable<HttpUpstreamOptions['tls']> {
  const read = (file: string): Buffer => readFileSync(resolve(base, file))
  return {
    ...others,
    ...(ca !== undefined && { ca: read(ca) }),
    ...(cert !== undefined && { cert: read(cert) }),
    ...(key !== undefined && { key: read(key) }),
  }
}

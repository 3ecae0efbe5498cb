import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { HttpUpstreamOptions } from '../../gateway/http/upstream.ts'
import type { GatewayTimeouts } from '../../gateway/patience.ts'
import { isToken } from '../../message/fields.ts'

export interface ForwardAuthOptions {
  /** Who is asked: `http://host:port/path`, `https://host/path`; or `unix:PATH` with a `path`. */
  readonly address: string
  /** The path that is asked for, where the address has none. */
  readonly path?: string
  /** The field of its answer that names the user. Default: `Remote-User`, `X-Auth-Request-User`, `X-Forwarded-User`. */
  readonly user?: string
  /** The field with the groups, separated by commas. Default: `Remote-Groups`, `X-Auth-Request-Groups`. */
  readonly groups?: string
  /** More fields of the client that it is sent. */
  readonly fields?: readonly string[]
  /** How long is waited for it, in milliseconds; 0 for ever. Default: 5 seconds for its head, 10 for all. */
  readonly timeouts?: Partial<GatewayTimeouts>
  /** The most questions at once; the next ones wait. Default: 1024. */
  readonly connections?: number
  readonly tls?: ForwardTls
}

/** How an https address is spoken to. */
export interface ForwardTls {
  /** A PEM file with the authorities that are trusted, in the place of the usual ones. */
  readonly ca?: string
  /** The name that its certificate must have; the host of the address where it is left out. */
  readonly serverName?: string
  /** Whether its certificate must be valid; true where it is left out. */
  readonly verify?: boolean
}

/** What is asked, and how. */
export interface Asked {
  readonly upstream: HttpUpstreamOptions
  /** The request line, and Host. */
  readonly start: string
  readonly timeouts: GatewayTimeouts
  readonly user: readonly string[]
  readonly groups: readonly string[]
  /** The fields of the client that it is sent. */
  readonly fields: readonly string[]
}

const TIMEOUTS: GatewayTimeouts = { firstByte: 5_000, idle: 5_000, total: 10_000 }
const USER = ['Remote-User', 'X-Auth-Request-User', 'X-Forwarded-User']
const GROUPS = ['Remote-Groups', 'X-Auth-Request-Groups']
/** By what somebody is known, and whether a page or an error is wanted. */
const FIELDS = [
  ...['Cookie', 'Authorization', 'Accept', 'Accept-Language', 'User-Agent', 'X-Requested-With', 'Origin', 'Referer'],
]
/** What is ours to say, of the connection or of the content. */
const OURS =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|expect|proxy-.*|forwarded|x-forwarded-.*|x-original-.*|x-real-ip|range|if-.*)$/i

/** @param base The folder that paths are taken from. @throws TypeError for what cannot be; the system's error for `ca`. */
export function askedBy(given: string | ForwardAuthOptions, base: string): Asked {
  const options = typeof given === 'string' ? { address: given } : given
  const { user, groups, fields = [], timeouts, connections, tls } = options
  for (const name of [user, groups, ...fields]) {
    if (name !== undefined && !isToken(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a field`)
  }
  const own = fields.find((name) => OURS.test(name))
  if (own !== undefined) throw new TypeError(`fields: ${own} of the client is not passed on`)
  const { origin, host, path } = partsOf(options, base)
  return {
    upstream: {
      address: origin,
      ...(connections !== undefined && { connections }),
      ...(tls !== undefined && { tls: tlsOf(tls, base) }),
    },
    start: `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n`,
    timeouts: { ...TIMEOUTS, ...timeouts },
    user: user === undefined ? USER : [user],
    groups: groups === undefined ? GROUPS : [groups],
    fields: [...FIELDS, ...fields],
  }
}

interface Parts {
  readonly origin: string
  readonly host: string
  readonly path: string
}

function partsOf({ address, path }: ForwardAuthOptions, base: string): Parts {
  if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path)) throw new TypeError(`${JSON.stringify(path)} is no path`)
  if (address.startsWith('unix:')) {
    return { origin: `unix:${resolve(base, address.slice(5))}`, host: 'localhost', path: path ?? '/' }
  }
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    const forms = 'give http://HOST:PORT/PATH, https://HOST/PATH or unix:PATH'
    throw new TypeError(`${JSON.stringify(address)} is no address of somebody to ask: ${forms}`)
  }
  const own = `${url.pathname}${url.search}`
  if (path !== undefined && own !== '/') throw new TypeError('path is there, and a path in the address too')
  return { origin: url.origin, host: url.host, path: path ?? own }
}

function tlsOf({ ca, ...others }: ForwardTls, base: string): NonNullable<HttpUpstreamOptions['tls']> {
  return { ...others, ...(ca !== undefined && { ca: readFileSync(resolve(base, ca)) }) }
}

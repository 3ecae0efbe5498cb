import type { GatewayTimeouts } from '../../gateway/patience.ts'

/** How long is waited for a back end, in milliseconds; 0 for ever. */
export interface ProxyTimeouts extends GatewayTimeouts {
  /** For a byte in either direction, once the connection was switched to another protocol: of a WebSocket. */
  readonly upgraded: number
}

/** How long back ends may take by default, in milliseconds: downloads and streams of events may go on for ever. */
export const PROXY_TIMEOUTS: ProxyTimeouts = { firstByte: 60_000, idle: 60_000, total: 0, upgraded: 3_600_000 }

/** Attributes that every cookie of an answer gets. */
export interface CookieOptions {
  /** Of which path; in place of what the back end said. */
  readonly path?: string
  /** Of which domain; the empty text for none. */
  readonly domain?: string
  /** Whether cookies have Secure where the client spoke TLS. */
  readonly secure?: boolean
}

/** How a request is forwarded, and its answer back, whoever it goes to. */
export interface ForwardOptions {
  /** What the literal part of the route's pattern is replaced by: `/`, `/base/`. The path goes as it is where it is left out. */
  readonly path?: string
  /** What Host says: what the client named, the address of the back end, or this name. */
  readonly host?: string
  /** Fields of the request that are set, and with `false` those that are left out: the last word. */
  readonly headers?: Readonly<Record<string, string | false>>
  /** Which fields tell of the client: both kinds, X-Forwarded-* or Forwarded (RFC 7239) alone, or none. */
  readonly forwarded?: boolean | 'x-forwarded' | 'forwarded'
  /** The field that tells whom the guard of the route let in. */
  readonly user?: string
  /** The field that tells the groups of that user, with commas between them. */
  readonly groups?: string
  /** Whether Authorization is passed, with passwords; unless a guard used it, where this is left out. */
  readonly authorization?: boolean
  /** To which protocols a connection may be switched: `['websocket']` where it is left out. */
  readonly upgrade?: boolean | readonly string[]
  /** Whether Location, Content-Location, Refresh and cookies that name the back end's own address get the public one. */
  readonly location?: boolean
  readonly cookies?: CookieOptions
  /** Whether the content of a request is read to its end before the back end is called. */
  readonly spool?: boolean
  /** Bytes of an answer that are held ahead of a slow client. */
  readonly buffer?: number
  readonly timeouts?: Partial<ProxyTimeouts>
}

/** One of several back ends. */
export interface WeightedAddress {
  readonly address: string
  /** How many requests it gets beside the others; 1 where it is left out. */
  readonly weight?: number
}

/** What https needs beside the address. */
export interface ProxyTls {
  /** A file of authorities in PEM that are believed in place of the system's. */
  readonly ca?: string
  /** A file with our own certificate, and one with its key. */
  readonly cert?: string
  readonly key?: string
  /** The name that its certificate must have; the host of the address where it is left out. */
  readonly serverName?: string
  /** Whether its certificate is looked at; true where it is left out. */
  readonly verify?: boolean
}

/** How back ends are asked whether they are well. */
export interface HealthOptions {
  readonly path: string
  /** Milliseconds between two questions. */
  readonly interval?: number
  /** Milliseconds for an answer. */
  readonly timeout?: number
  /** The status that one that is well answers; any 2xx or 3xx where it is left out. */
  readonly status?: number
}

/** HTTP servers that a route is forwarded to. */
export interface ProxyOptions extends ForwardOptions {
  /** `http://host:port`, `https://host`, `unix:PATH`, with a path where that takes the place of the mount; or several. */
  readonly address: string | readonly (string | WeightedAddress)[]
  /** Connections to each address at most. */
  readonly connections?: number
  /** Requests that wait for a connection. */
  readonly queue?: number
  /** Milliseconds that a connection may take to come about. */
  readonly connectTimeout?: number
  /** Milliseconds that a connection is kept without a request; 0 keeps none. */
  readonly keepAlive?: number
  readonly tls?: ProxyTls
  readonly health?: HealthOptions
}

/** What a route says of a proxy. */
export type ProxyGiven = ProxyOptions['address'] | ProxyOptions

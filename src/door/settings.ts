import { DEFAULT_HEAD_LIMITS, type HeadLimits } from '../protocol/http1/request-head.ts'

/** What a client may take. A limit that is hit is answered with its status, and its name is logged. */
export interface Limits extends HeadLimits {
  /** Open connections; the next one is closed at once. */
  readonly connections: number
  /** Open connections of one address; loopback, Unix sockets and trusted proxies are not counted. */
  readonly connectionsPerAddress: number
  /** Requests on one connection; it is closed after the last one. */
  readonly requestsPerConnection: number
  /** Bytes a second that a body must come at, after the first seconds (`timeouts.body`); slower is 408. */
  readonly bodyRate: number
  /** Requests that run on one HTTP/2 connection; the next one is refused, and may be made again. */
  readonly streams: number
  /** Streams of one HTTP/2 connection that the client resets, or has reset by its faults: a second, over ten seconds. */
  readonly resets: number
  /** Frames on one HTTP/2 connection that ask for nothing: a second, over ten seconds. */
  readonly controlFrames: number
}

/** How long is waited, in milliseconds. */
export interface Timeouts {
  /** For a whole request head, from its first byte or the opening of the connection; then 408. */
  readonly head: number
  /** Between two pieces of a body that is being read; then 408. */
  readonly body: number
  /** For the client to take anything of what is written; then the connection is cut. */
  readonly write: number
  /** For the next request on a connection. */
  readonly idle: number
  /** For a client to notice an answer to a request that was refused, before the connection is cut. */
  readonly linger: number
  /** For running exchanges when the server stops. */
  readonly stop: number
  /** For a sign of life of a worker, before it is taken for hung and replaced. */
  readonly hang: number
}

export const DEFAULT_LIMITS: Limits = {
  ...DEFAULT_HEAD_LIMITS,
  connections: 16_384,
  connectionsPerAddress: 100,
  requestsPerConnection: Number.POSITIVE_INFINITY,
  bodyRate: 500,
  streams: 100,
  resets: 100,
  controlFrames: 500,
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  head: 20_000,
  body: 30_000,
  write: 60_000,
  idle: 15_000,
  linger: 5_000,
  stop: 10_000,
  hang: 30_000,
}

/** One Exchange per request, passed along with it: what happened, collected for the loggers. */

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** One entry for the error log. Fields are for programs; `event` is one sentence for people. */
export type Report = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void

/** What every Logger is told of a finished exchange: the fields of logger.isl, and what was learned since. */
export interface ExchangeRecord {
  /** When the head of the request was read, in milliseconds since 1970. */
  readonly time: number
  readonly method: string
  /** The target as the client sent it. */
  readonly uri: string
  readonly protocol: string
  readonly host: string
  readonly status: number
  /** Bytes of content sent, without head and framing. */
  readonly contentLength: number
  readonly contentType: string | undefined
  /** The client's address: the real one where a trusted proxy tells it. */
  readonly remoteIp: string
  /** The client's name where it was looked up, else its address. */
  readonly remoteName: string
  readonly user: string | undefined
  /** The pattern of the route that answered. */
  readonly route: string | undefined
  /** The kind of resource that answered: files, module, redirect, … */
  readonly resource: string | undefined
  /** Bytes of content read. */
  readonly bytesIn: number
  /** Bytes written, head and framing included. */
  readonly bytesOut: number
  /** Milliseconds from the head of the request to the first byte of the answer. */
  readonly firstByte: number
  /** Milliseconds from the head of the request to the last byte of the answer. */
  readonly duration: number
  readonly referrer: string | undefined
  readonly agent: string | undefined
  /** True where the client went, or the answer was cut, before its end. */
  readonly aborted: boolean
  /** What was thrown, for the log only. */
  readonly error: unknown
  /** What the back end said: exit code, signal, stderr, appStatus and the like. */
  readonly backend: Readonly<Record<string, unknown>> | undefined
}

/** Collects what an ExchangeRecord tells. Times are `performance.now()`, 0 where nobody asked for them. */
export class Exchange {
  route: string | undefined = undefined
  resource: string | undefined = undefined
  /** The place of that route in the config; -1 for none. */
  routeIndex = -1
  status = 0
  contentLength = 0
  bytesIn = 0
  bytesOut = 0
  started = 0
  firstByte = 0
  aborted = false
  error: unknown = undefined
  backend: Record<string, unknown> | undefined = undefined
  readonly #report: Report | undefined

  constructor(report?: Report) {
    this.#report = report
  }

  /** The one way to the error log. */
  report(level: Level, event: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#report?.(level, event, fields)
  }
}

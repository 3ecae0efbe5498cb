/** One Exchange per request, passed along with it: what happened, collected for the loggers. */

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** One entry for the error log. Fields are for programs; `event` is one sentence for people. */
export type Report = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void

/** What the back end said of an exchange: a program, an application, an upstream. */
export interface BackendRecord {
  /** Who answered: the pid of a program or an application that Oriel runs, the address of another one. */
  readonly process?: string | number
  readonly exitCode?: number
  /** The signal that ended it. */
  readonly signal?: string
  /** What a FastCGI application said at its end, as a program its exit code. */
  readonly appStatus?: number
  readonly protocolStatus?: number
  /** The first lines that it wrote to its standard error for this request. */
  readonly stderr?: readonly string[]
  /** How often the request was sent once more, since nobody had begun with it. */
  readonly retries?: number
  readonly [more: string]: unknown
}

/**
 * What every Logger is told of a finished exchange: the fields of logger.isl, and what was learned since. It may be
 * kept: its values stay what they are. Some are worked out when they are first asked for.
 */
export interface ExchangeRecord {
  /** When the head of the request was read, in milliseconds since 1970. */
  readonly time: number
  /** Which exchange it was: the same in every report to the error log, and for back ends that are told it. */
  readonly requestId: string
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
  /** Milliseconds from the head of the request to the first byte of the answer; 0 where there was none. */
  readonly firstByte: number
  /** Milliseconds from the head of the request to the last byte of the answer. */
  readonly duration: number
  readonly referrer: string | undefined
  readonly agent: string | undefined
  /** True where the client went, or the answer was cut, before its end. */
  readonly aborted: boolean
  /** What was thrown, for the log only. */
  readonly error: unknown
  readonly backend: BackendRecord | undefined
  /** A field of the request, by its name; secrets too. */
  requestField(name: string): string | undefined
  /** A field of the answer, by its name; secrets too. */
  responseField(name: string): string | undefined
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
  backend: BackendRecord | undefined = undefined
  /**
   * Whether the host server takes the request back where no route answers: `wanted` where it does, `due` once none did,
   * and then the answer is an empty 404, which no client sees. @internal
   */
  handBack: 'no' | 'wanted' | 'due' = 'no'
  #id: string | undefined
  readonly #report: Report | undefined

  /** @param id What a trusted proxy calls it; one of our own where it is left out. */
  constructor(report?: Report, id?: string) {
    this.#id = id !== undefined && GIVEN.test(id) ? id : undefined
    this.#report = report
  }

  /** Which exchange this is, among all of all processes. Made when it is first asked for. */
  get requestId(): string {
    this.#id ??= nextId()
    return this.#id
  }

  /** The one way to the error log. */
  report(level: Level, event: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#report?.(level, event, { ...fields, requestId: this.requestId })
  }
}

let prefix = ''
let count = 0

/** Random once in a process, counted from then on: it need only differ, not be hard to guess. */
function nextId(): string {
  // Of a thousand the beginning is the same: to write a number costs more than all the rest.
  if (count % 1000 === 0) {
    if (count === 0) random = `${Math.random().toString(36).slice(2, 10).padEnd(8, '0')}-`
    prefix = `${random}${count === 0 ? '' : count / 1000}`
  }
  return `${prefix}${THREE[count++ % 1000]}`
}

let random = ''
const THREE: readonly string[] = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))

/** What a proxy may call a request, so that it can stand anywhere without quotes. */
const GIVEN = /^[\w.:+=/@-]{1,128}$/

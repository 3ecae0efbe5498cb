import type { Level, Report } from '../message/exchange.ts'
import { errorEntryJson, errorEntryText } from './error-entry.ts'
import { Floods } from './floods.ts'
import { Pager } from './pager.ts'
import type { Sink } from './sink.ts'
import type { Place } from './sinks/place.ts'

/** What the error log tells, where to, and how. */
export interface ErrorLogOptions {
  /** The least level that is told; `warn` where it is left out, and what applications say beside. */
  readonly level?: Level
  /** `stderr` where it is left out. */
  readonly to?: Place
  readonly format?: 'text' | 'json'
}

/** One entry of the error log. */
export interface ErrorEntry {
  /** In milliseconds since 1970. */
  readonly time: number
  readonly level: Level
  /** One sentence for people. */
  readonly event: string
  /** The facts, for programs; `error` is what was thrown, `requestId` which exchange it was. */
  readonly fields: Readonly<Record<string, unknown>>
  /** To `onError`: how many errors it was not told of since the last one. */
  readonly missed?: number
}

/** Told of errors, one at a time: for whoever is to be woken. */
export type OnError = (entry: ErrorEntry) => void | Promise<void>

const RANKS: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Takes what is reported, and writes what is to be told. Never throws, and never waits. */
export class ErrorLog {
  readonly #least: number
  readonly #applications: boolean
  readonly #line: (entry: ErrorEntry) => string
  readonly #sink: Sink
  readonly #floods: Floods
  readonly #pager: Pager | undefined

  constructor({ level, format = 'text' }: ErrorLogOptions, sink: Sink, onError?: OnError) {
    this.#least = RANKS[level ?? 'warn']
    this.#applications = level === undefined
    this.#line = format === 'json' ? errorEntryJson : errorEntryText
    this.#sink = sink
    this.#floods = new Floods((entry) => this.#write(entry))
    this.#pager =
      onError && new Pager(onError, (event, fields) => this.#write({ time: Date.now(), level: 'warn', event, fields }))
  }

  readonly report: Report = (level, event, fields = {}) => {
    const entry: ErrorEntry = { time: Date.now(), level, event, fields }
    if (level === 'error') this.#pager?.tell(entry)
    if (this.#wanted(entry) && this.#floods.pass(entry)) this.#write(entry)
  }

  #wanted({ level, fields }: ErrorEntry): boolean {
    if (RANKS[level] >= this.#least) return true
    return this.#applications && level === 'info' && fields['application'] !== undefined
  }

  #write(entry: ErrorEntry): void {
    try {
      this.#sink.write(this.#line(entry))
    } catch (error) {
      // A value may throw when it is asked for its text.
      this.#sink.write(this.#line({ ...entry, fields: { unprintable: String((error as Error).message) } }))
    }
  }
}

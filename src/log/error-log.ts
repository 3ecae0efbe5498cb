import type { Level, Report } from '../message/exchange.ts'
import { errorEntryJson, errorEntryText } from './error-entry.ts'
import type { ErrorEntry, ErrorLogOptions, OnError } from './error-log-options.ts'
import { errorText } from './error-text.ts'
import { Floods } from './floods.ts'
import { Pager } from './pager.ts'
import type { Sink } from './sink.ts'

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
      this.#sink.write(this.#line({ ...entry, fields: { unprintable: errorText(error) } }))
    }
  }
}

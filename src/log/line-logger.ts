import type { ExchangeRecord } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'
import { type Filter, filterOf } from './filter.ts'
import { formatOf } from './format.ts'
import type { LogOptions } from './options.ts'
import type { Line, RecordSink } from './sink.ts'

/** A logger that writes a line for each exchange that its filter lets through. */
export class LineLogger implements Logger {
  readonly #filter: Filter | undefined
  readonly #line: Line
  /** Whether the format is somebody's own: it may throw, and is told of who is to be blamed. */
  readonly #own: boolean
  #sink: RecordSink | undefined

  /** @param sink Where the lines go; those before `open` are nobody's. @throws TypeError or RangeError for options that cannot be. */
  constructor(options: LogOptions, sink?: RecordSink) {
    this.#filter = filterOf(options.filter)
    this.#line = formatOf(options)
    this.#own = typeof options.format === 'function'
    this.#sink = sink
  }

  open(sink: RecordSink): void {
    this.#sink = sink
  }

  logRequest(record: ExchangeRecord): void {
    if (this.#sink === undefined || this.#filter?.(record) === false) return
    if (this.#own) this.#sink.write(this.#line(record))
    else this.#sink.writeLater(record, this.#line)
  }
}

import type { ExchangeRecord } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'
import { type Filter, filterOf } from './filter.ts'
import { formatOf } from './format.ts'
import type { LogOptions } from './options.ts'
import type { Sink } from './sink.ts'
import type { Line } from './template.ts'

/** A logger that writes a line for each exchange that its filter lets through. */
export class LineLogger implements Logger {
  readonly #filter: Filter | undefined
  readonly #line: Line
  #sink: Sink | undefined

  /** @param sink Where the lines go; those before `open` are nobody's. @throws TypeError or RangeError for options that cannot be. */
  constructor(options: LogOptions, sink?: Sink) {
    this.#filter = filterOf(options.filter)
    this.#line = formatOf(options)
    this.#sink = sink
  }

  open(sink: Sink): void {
    this.#sink = sink
  }

  logRequest(record: ExchangeRecord): void {
    if (this.#sink !== undefined && (this.#filter === undefined || this.#filter(record)))
      this.#sink.write(this.#line(record))
  }
}

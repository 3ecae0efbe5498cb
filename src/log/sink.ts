import type { ExchangeRecord } from '../message/exchange.ts'

/** One line of a log. */
export type Line = (record: ExchangeRecord) => string

/**
 * Where the lines of a log go. A sink never slows, stops or fails what it is told about: `write` returns at once, what
 * the place cannot take in time waits in a bounded queue, and what finds no room there is counted as dropped.
 */
export interface Sink {
  /** Takes one record's text, without its line end. Never throws and never waits. */
  write(line: string): void
  /** Resolves when everything written before is where it belongs, or dropped. */
  flush(): Promise<void>
  /** Opens the place anew, as after a log file was moved away; what was written before goes to the old one. */
  reopen(): void
  /** Flushes, and lets go of the place. What is written afterwards is dropped. */
  close(): Promise<void>
  /** How many lines were dropped since the sink was opened. */
  readonly dropped: number
}

/** A sink that makes the lines of records itself: those of several requests together, which costs half of one by one. */
export interface RecordSink extends Sink {
  /** Takes one record, whose line is made within a moment. @param line Never throws. */
  writeLater(record: ExchangeRecord, line: Line): void
}

import type { Report } from '../../message/exchange.ts'

/** Told no more often than this, in milliseconds. */
const EVERY = 60_000

/** What the error log is told of a sink: that lines are dropped, how many and why, and once that it works again. */
export class Trouble {
  /** Lines dropped in all. */
  dropped = 0
  readonly #log: string
  readonly #report: Report
  #reason = 'it takes lines more slowly than they come'
  #untold = 0
  /** Dropped since the trouble began. */
  #lost = 0
  #failing = false
  /** Whether somebody was told who is to be told of the end. */
  #told = false
  #last = Number.NEGATIVE_INFINITY
  #later: NodeJS.Timeout | undefined

  /** @param log The name of the log, for people. */
  constructor(log: string, report: Report) {
    this.#log = log
    this.#report = report
  }

  get failing(): boolean {
    return this.#failing
  }

  /** Lines could not be delivered, and wait. */
  failed(error: unknown): void {
    this.#reason = error instanceof Error ? error.message : String(error)
    if (this.#failing) return
    this.#failing = true
    this.#tellSoon()
  }

  drop(lines: number, error?: unknown): void {
    if (error !== undefined) this.#reason = error instanceof Error ? error.message : String(error)
    this.dropped += lines
    this.#untold += lines
    this.#lost += lines
    this.#tellSoon()
  }

  /** Lines are delivered, and none is in the queue for long. */
  over(): void {
    this.#failing = false
    if (!this.#told) return
    clearTimeout(this.#later)
    this.#later = undefined
    this.#report('warn', 'A log takes lines again.', { log: this.#log, dropped: this.#lost })
    this.#told = false
    this.#untold = 0
    this.#lost = 0
    this.#reason = 'it takes lines more slowly than they come'
  }

  /** The sink is closed: what was not told is told now. */
  end(): void {
    clearTimeout(this.#later)
    this.#later = undefined
    if (this.#untold > 0) this.#tell()
  }

  #tellSoon(): void {
    const wait = this.#last + EVERY - performance.now()
    if (wait <= 0) this.#tell()
    else this.#later ??= setTimeout(() => this.#tell(), wait).unref()
  }

  #tell(): void {
    this.#later = undefined
    if (!this.#failing && this.#untold === 0) return
    this.#last = performance.now()
    this.#told = true
    const event = this.#untold > 0 ? 'Lines of a log are dropped.' : 'A log cannot be written: its lines wait.'
    const facts = { log: this.#log, dropped: this.#untold, reason: this.#reason }
    this.#untold = 0
    this.#report('error', event, facts)
  }
}

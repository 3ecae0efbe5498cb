import type { Report } from '../../message/exchange.ts'
import type { Sink } from '../sink.ts'
import { NotNow, type Outlet, Undeliverable } from './outlet.ts'
import { Trouble } from './trouble.ts'

/** The bounds of all queues, in one place. */
export interface QueueLimits {
  /** Characters that may wait; lines that find no room are dropped. */
  readonly bytes: number
  readonly lines: number
  /** Lines are handed on when so many characters have come, or so many milliseconds after the first. */
  readonly batch: number
  readonly patience: number
  /** Milliseconds before a place that failed is tried again; each time twice as many, up to the longest. */
  readonly firstPause: number
  readonly longestPause: number
  /** Milliseconds without progress after which nobody waits for the end any more. */
  readonly flush: number
}

export const QUEUE_LIMITS: QueueLimits = {
  bytes: 16 * 1024 * 1024,
  lines: 131_072,
  batch: 65_536,
  patience: 100,
  firstPause: 100,
  longestPause: 10_000,
  flush: 1_500,
}

interface Batch {
  readonly lines: readonly string[]
  readonly bytes: number
}

/** Stands in the queue where the place is to be opened anew. */
const REOPEN: Batch = { lines: [], bytes: 0 }

interface Waiting {
  /** How many lines must have been settled. */
  readonly target: number
  readonly resolve: () => void
}

/**
 * The one queue of all sinks. A line costs a push; an outlet gets batches, one at a time. A place that fails is tried again
 * with the same batch, after a pause that grows; meanwhile lines wait, and those that find no room are dropped and counted.
 */
export class Queue implements Sink {
  readonly #outlet: Outlet
  readonly #limits: QueueLimits
  readonly #trouble: Trouble
  readonly #due = (): void => this.#ripen()
  /** Whole batches that wait; then the one that is being filled. */
  #batches: Batch[] = []
  #open: string[] = []
  #openBytes = 0
  /** Of all that wait, what is being sent included. */
  #bytes = 0
  #taken = 0
  #settled = 0
  #timer: NodeJS.Timeout | undefined = undefined
  #retry: NodeJS.Timeout | undefined = undefined
  #pause = 0
  #sending = false
  #ripe = false
  /** Whether the last batch was taken. */
  #well = true
  #closed = false
  #waiting: Waiting[] = []

  /** @param log Its name, for people. */
  constructor(log: string, outlet: Outlet, report: Report, limits: Partial<QueueLimits> = {}) {
    this.#outlet = outlet
    this.#limits = { ...QUEUE_LIMITS, ...limits }
    this.#trouble = new Trouble(log, report)
  }

  get dropped(): number {
    return this.#trouble.dropped
  }

  write(line: string): void {
    const size = line.length + 1
    const { bytes, lines, batch, patience } = this.#limits
    if (this.#bytes + size > bytes || this.#taken - this.#settled >= lines || this.#closed) {
      this.#trouble.drop(1)
      return
    }
    this.#open.push(line)
    this.#taken++
    this.#bytes += size
    this.#openBytes += size
    if (this.#openBytes >= batch) {
      this.#cut()
      if (this.#retry === undefined) void this.#run()
    } else this.#timer ??= setTimeout(this.#due, patience)
  }

  /** Fulfilled too where the place fails, or takes nothing for a while: the lines still wait then. */
  flush(): Promise<void> {
    this.#ripen()
    this.#again()
    const target = this.#taken
    if (this.#settled >= target && !this.#sending) return Promise.resolve()
    return new Promise((resolve) => {
      let seen = this.#settled
      const looks = setInterval(() => {
        if (this.#settled === seen) done()
        seen = this.#settled
      }, this.#limits.flush)
      const done = (): void => {
        clearInterval(looks)
        resolve()
      }
      this.#waiting.push({ target, resolve: done })
    })
  }

  reopen(): void {
    if (this.#outlet.reopen === undefined || this.#closed) return
    this.#cut()
    // A place that fails would never come to it.
    if (this.#trouble.failing) this.#batches.unshift(REOPEN)
    else this.#batches.push(REOPEN)
    this.#again()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.flush()
    clearTimeout(this.#timer)
    clearTimeout(this.#retry)
    const left = this.#taken - this.#settled
    this.#batches = []
    this.#open = []
    if (left > 0) this.#trouble.drop(left)
    this.#trouble.end()
    await this.#outlet.close()
  }

  /** At the end of a process that waits for nothing: see Outlet. */
  last(): void {
    this.#cut()
    const batches = this.#batches.flatMap(({ lines }) => (lines.length > 0 ? [lines] : []))
    this.#batches = []
    if (batches.length > 0) this.#outlet.last?.(batches)
  }

  /** The batch that is being filled has waited for long enough. */
  #ripen(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#ripe = this.#open.length > 0
    if (this.#retry === undefined) void this.#run()
  }

  #again(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    void this.#run()
  }

  #cut(): void {
    if (this.#open.length === 0) return
    this.#batches.push({ lines: this.#open, bytes: this.#openBytes })
    this.#open = []
    this.#openBytes = 0
    this.#ripe = false
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #next(): Batch | undefined {
    if (this.#batches.length === 0 && this.#ripe) this.#cut()
    return this.#batches.shift()
  }

  async #run(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    let goesOn = true
    while (goesOn) {
      const batch = this.#next()
      if (batch === undefined) break
      goesOn = batch === REOPEN ? await this.#reopen() : await this.#send(batch)
    }
    this.#sending = false
    if (this.#well && this.#settled === this.#taken) this.#trouble.over()
    this.#waiting = this.#waiting.filter(({ target, resolve }) => {
      if (goesOn && this.#settled < target) return true
      resolve()
      return false
    })
  }

  /** Where it fails, lines still go to the old place. */
  async #reopen(): Promise<true> {
    try {
      await this.#outlet.reopen?.()
    } catch (error) {
      this.#well = false
      this.#trouble.failed(error)
    }
    return true
  }

  /** @returns Whether the next one may follow. */
  async #send(batch: Batch): Promise<boolean> {
    try {
      await this.#outlet.send(batch.lines)
    } catch (error) {
      this.#well = false
      if (error instanceof Undeliverable) {
        this.#gone(batch)
        this.#trouble.drop(error.lines ?? batch.lines.length, error)
        return true
      }
      this.#trouble.failed(error)
      if (this.#closed) return false
      this.#batches.unshift(batch)
      this.#later(error)
      return false
    }
    this.#well = true
    this.#pause = 0
    this.#gone(batch)
    if (this.#trouble.failing) this.#trouble.over()
    return true
  }

  #later(error: unknown): void {
    const { firstPause, longestPause } = this.#limits
    this.#pause = Math.min(longestPause, Math.max(firstPause, 2 * this.#pause))
    const pause = error instanceof NotNow ? Math.max(error.pause, this.#pause) : this.#pause
    this.#retry = setTimeout(() => this.#again(), pause).unref()
  }

  #gone({ lines, bytes }: Batch): void {
    this.#settled += lines.length
    this.#bytes -= bytes
  }
}

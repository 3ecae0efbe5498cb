import type { ExchangeRecord, Report } from '../../message/exchange.ts'
import type { Line, RecordSink } from '../sink.ts'
import { Batch, Filling } from './batch.ts'
import { NotNow, type Outlet, Undeliverable } from './outlet.ts'
import { Trouble } from './trouble.ts'

/** The bounds of all queues, in one place. */
export interface QueueLimits {
  /** Bytes that may wait; lines that find no room are dropped. */
  readonly bytes: number
  readonly lines: number
  /** Lines are handed on when so many bytes have come, or so many milliseconds after the first. */
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
  batch: 262_144,
  patience: 100,
  firstPause: 100,
  longestPause: 10_000,
  flush: 1_500,
}

/** Stands in the queue where the place is to be opened anew. */
const REOPEN: Batch = Batch.of([])
/** Beyond a batch that is handed on, so that the line that completes it mostly finds room. */
const MARGIN = 4_096
/** So many records get their lines together. More are no cheaper, and live on into what the collector of garbage moves. */
const TOGETHER = 32

interface Waiting {
  /** How many lines must have been settled. */
  readonly target: number
  readonly resolve: () => void
}

/**
 * The one queue of all sinks. A line is written into a buffer; an outlet gets batches, one at a time. A place that fails is tried again
 * with the same batch, after a pause that grows; meanwhile lines wait, and those that find no room are dropped and counted.
 */
export class Queue implements RecordSink {
  readonly #outlet: Outlet
  readonly #limits: QueueLimits
  readonly #trouble: Trouble
  readonly #due = (): void => this.#ripen()
  /** Those whose lines are not made yet, and what makes them. */
  #records: ExchangeRecord[] = []
  #makers: Line[] = []
  /** Whole batches that wait; then the one that is being filled. */
  #batches: Batch[] = []
  #open: Filling | undefined = undefined
  /** What a batch was in that has been taken. */
  #spare: Buffer | undefined = undefined
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
    if (this.#records.length > 0) this.#make()
    this.#add(line)
  }

  writeLater(record: ExchangeRecord, line: Line): void {
    if (this.#closed) return this.#trouble.drop(1)
    this.#makers.push(line)
    if (this.#records.push(record) >= TOGETHER) this.#make()
    else this.#timer ??= setTimeout(this.#due, this.#limits.patience)
  }

  #make(): void {
    const records = this.#records
    const makers = this.#makers
    this.#records = []
    this.#makers = []
    for (let i = 0; i < records.length; i++) {
      try {
        this.#add((makers[i] as Line)(records[i] as ExchangeRecord))
      } catch (error) {
        this.#trouble.drop(1, error)
      }
    }
  }

  #add(line: string): void {
    const { bytes, lines, batch, patience } = this.#limits
    if (this.#bytes + line.length + 1 > bytes || this.#taken - this.#settled >= lines || this.#closed) {
      this.#trouble.drop(1)
      return
    }
    this.#bytes += this.#put(line)
    this.#taken++
    if (this.#open !== undefined && this.#open.size < batch) this.#timer ??= setTimeout(this.#due, patience)
    else this.#cut()
    if (this.#batches.length > 0 && !this.#sending && this.#retry === undefined) void this.#run()
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
    this.#make()
    this.#cut()
    // A place that fails would never come to it.
    if (this.#trouble.failing) this.#batches.unshift(REOPEN)
    else this.#batches.push(REOPEN)
    this.#again()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#make()
    this.#closed = true
    await this.flush()
    clearTimeout(this.#timer)
    clearTimeout(this.#retry)
    const left = this.#taken - this.#settled
    this.#batches = []
    this.#open = undefined
    if (left > 0) this.#trouble.drop(left)
    this.#trouble.end()
    await this.#outlet.close()
  }

  /** At the end of a process that waits for nothing: see Outlet. */
  last(): void {
    this.#make()
    this.#cut()
    const batches = this.#batches.filter(({ count }) => count > 0)
    this.#batches = []
    if (batches.length > 0) this.#outlet.last?.(batches)
  }

  /** The batch that is being filled has waited for long enough. */
  #ripen(): void {
    this.#make()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#ripe = this.#open !== undefined
    if (this.#retry === undefined) void this.#run()
  }

  #again(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    void this.#run()
  }

  /** @returns How many bytes the line takes. */
  #put(line: string): number {
    this.#open ??= this.#filling()
    let size = this.#open.add(line)
    if (size > 0) return size
    this.#cut()
    this.#open = this.#filling()
    size = this.#open.add(line)
    if (size > 0) return size
    // It is longer than a batch may be.
    this.#open = undefined
    const alone = Batch.of([line])
    this.#batches.push(alone)
    return alone.bytes.byteLength
  }

  #filling(): Filling {
    const buffer = this.#spare ?? Buffer.allocUnsafeSlow(this.#limits.batch + MARGIN)
    this.#spare = undefined
    return new Filling(buffer)
  }

  #cut(): void {
    if (this.#open === undefined) return
    this.#batches.push(this.#open.batch())
    this.#open = undefined
    this.#ripe = false
    // Records that came meanwhile wait for it too.
    if (this.#records.length > 0) return
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
      await this.#outlet.send(batch)
    } catch (error) {
      this.#well = false
      if (error instanceof Undeliverable) {
        this.#gone(batch)
        this.#trouble.drop(error.lines ?? batch.count, error)
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
    this.#spare ??= batch.buffer
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

  #gone({ count, bytes }: Batch): void {
    this.#settled += count
    this.#bytes -= bytes.byteLength
  }
}

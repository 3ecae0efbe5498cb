import { httpDate } from '../message/dates.ts'

/**
 * One coarse clock for all connections of a front door: it ticks a few times a second and calls those who wait for a
 * deadline, so that no connection needs a timer of its own. Times are in ticks: small whole numbers are the cheapest.
 */
export class Ticker {
  /** The number of the present tick. */
  now = 0
  /** The value of Date for the present second (RFC 9110 §6.6.1). */
  date: string = httpDate(Date.now())
  #length: number
  #timer: NodeJS.Timeout | undefined
  #onTick: () => void = () => {}

  constructor(length: number) {
    this.#length = length
  }

  /** Milliseconds from one tick to the next. Deadlines that run are in ticks, and move with it. */
  get length(): number {
    return this.#length
  }

  set length(length: number) {
    if (length === this.#length) return
    this.#length = length
    if (this.#timer === undefined) return
    this.stop()
    this.start(this.#onTick)
  }

  /** Begins to tick, if it does not yet; `onTick` is called each time. The timer does not keep the process alive. */
  start(onTick: () => void): void {
    if (this.#timer !== undefined) return
    this.#onTick = onTick
    const tick = (): void => {
      this.now++
      this.date = httpDate(Date.now())
      this.#onTick()
    }
    this.#timer = setInterval(tick, this.#length)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** A duration in whole ticks, for `deadline = now + ticks`. */
  ticks(milliseconds: number): number {
    return milliseconds > 2 ** 30 * this.length ? 2 ** 30 : 1 + Math.ceil(milliseconds / this.length)
  }
}

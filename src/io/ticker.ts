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
  /** Milliseconds from one tick to the next. */
  readonly length: number
  #timer: NodeJS.Timeout | undefined

  constructor(length: number) {
    this.length = length
  }

  /** Begins to tick; `onTick` is called each time. The timer does not keep the process alive. */
  start(onTick: () => void): void {
    const tick = (): void => {
      this.now++
      this.date = httpDate(Date.now())
      onTick()
    }
    this.#timer = setInterval(tick, this.length)
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

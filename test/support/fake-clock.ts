import type { Clock } from '../../src/acme/clock.ts'

interface Sleep {
  /** How much time is to have passed by then. */
  readonly end: number
  readonly wake: () => void
}

/** A clock that stands still but when it is told to go on, for one that sleeps. Chance is always 0. */
export class FakeClock implements Clock {
  /** How long each sleep was to be, in milliseconds. */
  readonly sleeps: number[] = []
  #start: number
  #passed = 0
  #sleep: Sleep | undefined
  #waiters: (() => void)[] = []

  constructor(start: number) {
    this.#start = start
  }

  now(): number {
    return this.#start + this.#passed
  }

  random(): number {
    return 0
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(milliseconds)
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      signal.addEventListener('abort', wake)
      this.#sleep = { end: this.#passed + milliseconds, wake }
      for (const waiter of this.#waiters.splice(0)) waiter()
    })
  }

  /** Waits until the sleeper sleeps. */
  async asleep(): Promise<Sleep> {
    while (this.#sleep === undefined) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    return this.#sleep
  }

  /** Lets so much time pass; the sleeper wakes whenever it wanted to, and sleeps again in the end. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#passed + milliseconds
    for (let sleep = await this.asleep(); sleep.end <= end; sleep = await this.asleep()) {
      this.#passed = sleep.end
      this.#sleep = undefined
      sleep.wake()
    }
    this.#passed = end
  }

  /** Puts the clock to another time, as an administrator would: nobody sleeps shorter for it. */
  jump(milliseconds: number): void {
    this.#start += milliseconds
  }
}

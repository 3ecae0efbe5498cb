import { Recent } from './recent.ts'

/** In which time all failures that a limit allows are forgotten, in milliseconds. */
const WINDOW = 600_000
/**
 * How many tries may be under way at once, beside those that are allowed to fail: the clients of one name may be many
 * programs at one address, none of which has failed. What they fail counts all the same.
 */
const UNDER_WAY = 64
/** How many are counted at once. One that is dropped for another begins anew. */
const MOST = 10_000

/** Failed tries of many, each known by a key. Bounded: of too many those are dropped that were not seen for longest. */
export class AttemptCount {
  readonly #counts = new Recent<string, Count>(MOST)

  get size(): number {
    return this.#counts.size
  }

  /** Those of one. @param limit How many may fail. @param now Milliseconds of a clock that never goes back. */
  of(key: string, limit: number, now: number): Count {
    let count = this.#counts.get(key)
    if (count === undefined) {
      count = new Count()
      this.#counts.set(key, count)
    }
    count.at(now, limit)
    return count
  }

  forget(key: string): void {
    this.#counts.get(key)?.forget()
  }
}

/** The failed tries of one: a bucket that leaks. */
export class Count {
  #limit = 0
  #failed = 0
  #running = 0
  #now = 0
  #told = false

  /** The time is now. */
  at(now: number, limit: number): void {
    this.#limit = limit
    this.#failed = Math.max(0, this.#failed - ((now - this.#now) * limit) / WINDOW)
    this.#now = now
    if (this.#failed < limit / 2) this.#told = false
  }

  /** In how many seconds there may be another try; 0: now. */
  wait(): number {
    const over = this.#failed + 1 - this.#limit
    // Not exactly 0: a limit of 10 that has leaked for a microsecond is reached by ten failures all the same.
    if (over > 0) return Math.max(1, Math.ceil((over * WINDOW) / this.#limit / 1000))
    return this.#running >= UNDER_WAY + this.#limit ? 1 : 0
  }

  begin(): void {
    this.#running++
  }

  end(failed: boolean): void {
    this.#running--
    if (failed) this.#failed++
  }

  forget(): void {
    this.#failed = 0
  }

  /** Whether the log has not been told yet that the limit was reached. */
  tell(): boolean {
    const first = !this.#told
    this.#told = true
    return first
  }
}

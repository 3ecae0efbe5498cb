import type { ErrorEntry, OnError } from './error-log-options.ts'
import { errorText } from './error-text.ts'

/** Milliseconds between two calls, and for one to end. */
const PAUSE = 5_000
const PATIENCE = 30_000

/** Calls a function of the config at errors: one at a time, and not too often. What comes meanwhile is counted. */
export class Pager {
  readonly #onError: OnError
  readonly #failed: (event: string, fields: Readonly<Record<string, unknown>>) => void
  #busy = false
  #waiting: ErrorEntry | undefined
  #missed = 0
  #told = false

  /** @param failed Told once that it fails, and again after it did not. */
  constructor(onError: OnError, failed: (event: string, fields: Readonly<Record<string, unknown>>) => void) {
    this.#onError = onError
    this.#failed = failed
  }

  tell(entry: ErrorEntry): void {
    if (!this.#busy) return void this.#call(entry)
    // The first that waits is told: later ones often follow from it.
    if (this.#waiting === undefined) this.#waiting = entry
    else this.#missed++
  }

  async #call(entry: ErrorEntry): Promise<void> {
    this.#busy = true
    const missed = this.#missed
    this.#missed = 0
    let late: NodeJS.Timeout | undefined
    try {
      const tooLate = new Promise<never>((_, reject) => {
        const why = new Error(`it has not ended after ${PATIENCE / 1000} seconds`)
        late = setTimeout(() => reject(why), PATIENCE).unref()
      })
      await Promise.race([(async () => this.#onError({ ...entry, ...(missed > 0 && { missed }) }))(), tooLate])
      this.#told = false
    } catch (error) {
      if (!this.#told) this.#failed('onError failed; that is told once.', { reason: errorText(error) })
      this.#told = true
    } finally {
      clearTimeout(late)
    }
    setTimeout(() => {
      this.#busy = false
      const next = this.#waiting
      this.#waiting = undefined
      if (next !== undefined) this.tell(next)
    }, PAUSE).unref()
  }
}

/** A process that lived for so long, in milliseconds, is replaced at once; one that did not, after a while that grows. */
const LIVED = 10_000
const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000

/** When an application is started again, so that one that cannot run takes no processor. */
export class BackOff {
  readonly #again: () => void
  #delay = 0
  #timer: NodeJS.Timeout | undefined

  /** @param again Called when it is time. */
  constructor(again: () => void) {
    this.#again = again
  }

  /** Nothing is to be started now. */
  get waits(): boolean {
    return this.#timer !== undefined
  }

  /**
   * A process has ended: there may be another at once after a life, else after twice as long as before. One that was of
   * use ended by what it was asked, and not because it cannot run: that does not grow.
   * @param lived Milliseconds.
   */
  ended(lived: number, served: boolean): void {
    const longest = served ? FIRST_DELAY : LONGEST_DELAY
    this.#delay = lived >= LIVED ? 0 : Math.min(longest, Math.max(FIRST_DELAY, 2 * this.#delay))
    this.#wait()
  }

  /** The last one that ended was of use after all. */
  wasOfUse(): void {
    if (this.#delay <= FIRST_DELAY) return
    this.#delay = FIRST_DELAY
    if (this.waits) this.#wait()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    this.stop()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#again()
    }, this.#delay)
  }
}

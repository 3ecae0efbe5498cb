/** A process that lived for so long, in milliseconds, is replaced at once; one that did not, after a while that grows. */
const LIVED = 10_000
const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000

/** How long to wait before the next start, so that an application that cannot run takes no processor. */
export class BackOff {
  #delay = 0

  /**
   * Returns the milliseconds to wait: none after a life, else twice as long as before. One that was of use ended by what
   * it was asked, and not because it cannot run: that does not grow.
   * @param lived Milliseconds.
   */
  ended(lived: number, served: boolean): number {
    const longest = served ? FIRST_DELAY : LONGEST_DELAY
    this.#delay = lived >= LIVED ? 0 : Math.min(longest, Math.max(FIRST_DELAY, 2 * this.#delay))
    return this.#delay
  }
}

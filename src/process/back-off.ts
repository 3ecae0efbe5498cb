/** A process that lived for so long, in milliseconds, is replaced at once; one that did not, after a while that grows. */
const LIVED = 10_000
const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000

/** How long to wait before the next start, so that an application that cannot run takes no processor. */
export class BackOff {
  #delay = 0

  /** @param lived Milliseconds. Returns those to wait: none after a life, else twice as long as before. */
  ended(lived: number): number {
    this.#delay = lived >= LIVED ? 0 : Math.min(LONGEST_DELAY, Math.max(FIRST_DELAY, 2 * this.#delay))
    return this.#delay
  }
}

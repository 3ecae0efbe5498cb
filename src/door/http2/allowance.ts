/** Seconds that a client may make up for at once: it is often still, and then does a lot. */
const BURST = 10

/** How much a client may do over time that costs us more than itself: so much a second, and more after a rest. */
export class Allowance {
  #left: number

  constructor(rate: number) {
    this.#left = rate * BURST
  }

  /** Takes one; returns false where none is left. */
  spend(): boolean {
    return --this.#left >= 0
  }

  /** @param rate Of a second. @param milliseconds Since the last time. */
  refill(rate: number, milliseconds: number): void {
    this.#left = Math.min(rate * BURST, this.#left + (rate * milliseconds) / 1000)
  }
}

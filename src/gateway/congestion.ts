/** A connection, as far as this needs to know. */
interface Heard {
  readonly heard: boolean
}

/**
 * What is done where the system's queue before an application is full: connections are opened one by one, and more at once
 * as it answers.
 */
export class Congestion {
  /** Connections without a sign of life from the application that may be there at once. */
  #allowance = Number.POSITIVE_INFINITY
  #since = 0

  /** The queue was full. */
  met(): void {
    if (this.#since === 0) this.#since = performance.now()
    this.#allowance = 1
  }

  /** An answer came. @param waiting How many calls wait. */
  eased(waiting: number): void {
    if (this.#allowance === Number.POSITIVE_INFINITY) return
    this.#since = 0
    this.#allowance = waiting === 0 ? Number.POSITIVE_INFINITY : this.#allowance + 1
  }

  /** Whether it has lasted for longer than so many milliseconds. */
  lasts(milliseconds: number): boolean {
    return this.#since > 0 && performance.now() - this.#since > milliseconds
  }

  /** Whether one more connection may be opened. */
  allows(connections: readonly Heard[]): boolean {
    if (this.#allowance === Number.POSITIVE_INFINITY) return true
    let unheard = 0
    for (const { heard } of connections) if (!heard) unheard++
    return unheard < this.#allowance
  }
}

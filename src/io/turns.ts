/** One thing at a time by name: what is asked for later waits until all before it is done, or has failed. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Fulfilled or rejected as `work` is. */
  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name)
    const mine = before === undefined ? work() : before.then(work, work)
    const done = (): void => {
      if (this.#last.get(name) === mine) this.#last.delete(name)
    }
    this.#last.set(name, mine)
    mine.then(done, done)
    return mine
  }

  /** How many names have something under way. */
  get size(): number {
    return this.#last.size
  }
}

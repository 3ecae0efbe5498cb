/** The most requests that are active on one connection at once. */
export const MAX_ACTIVE = 1023

/**
 * The request ids of one connection that are in use, and what for. They are given out in turn: a record that comes late,
 * for a request that has ended, would be taken for one of the next request if that had the same id at once.
 */
export class RequestIds<T> {
  // By id; the first has none.
  readonly #slots: (T | undefined)[] = [undefined]
  #last = 0
  size = 0

  /** Gives out an id. There must be fewer than `MAX_ACTIVE`. */
  add(value: T): number {
    let id = this.#last
    do id = id >= MAX_ACTIVE ? 1 : id + 1
    while (this.#slots[id] !== undefined)
    this.#last = id
    if (id === this.#slots.length) this.#slots.push(value)
    else this.#slots[id] = value
    this.size++
    return id
  }

  get(id: number): T | undefined {
    return id <= MAX_ACTIVE ? this.#slots[id] : undefined
  }

  forEach(call: (value: T) => void): void {
    for (const value of [...this.#slots]) if (value !== undefined) call(value)
  }

  delete(id: number): void {
    if (this.get(id) === undefined) return
    this.#slots[id] = undefined
    this.size--
  }

  /** Takes all out: those first that were added first, as far as none has stayed while all other ids were given out. */
  clear(): T[] {
    const newest = this.#last + 1
    const all = [...this.#slots.slice(newest), ...this.#slots.slice(0, newest)].filter((value) => value !== undefined)
    this.#slots.length = 1
    this.#last = 0
    this.size = 0
    return all
  }
}

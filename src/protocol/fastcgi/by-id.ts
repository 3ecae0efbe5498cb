/** Ids below this stand in an array. Web servers count from 1 and use the lowest that is free. */
const FEW = 1024

/**
 * What belongs to the active requests of one connection, by request id. Not simply a Map: V8 makes a new table for it again
 * and again where entries come and go, and each old table holds the next one, so that one of them in the old generation
 * keeps all requests since then from being collected early. That doubled the cost of a request.
 */
export class ById<T> {
  readonly #few: (T | undefined)[] = []
  readonly #others = new Map<number, T>()
  /** How many there are. */
  size = 0

  get(id: number): T | undefined {
    return id < FEW ? this.#few[id] : this.#others.get(id)
  }

  /** There must be none of this id yet. */
  add(id: number, value: T): void {
    this.size++
    if (id >= FEW) {
      this.#others.set(id, value)
      return
    }
    // Without holes it stays a plain array, whichever id comes first.
    while (this.#few.length < id) this.#few.push(undefined)
    this.#few[id] = value
  }

  delete(id: number): void {
    if (this.get(id) === undefined) return
    this.size--
    if (id < FEW) this.#few[id] = undefined
    else this.#others.delete(id)
  }

  /** Takes all out. */
  clear(): T[] {
    const all = [...this.#few.filter((value) => value !== undefined), ...this.#others.values()]
    this.#few.length = 0
    this.#others.clear()
    this.size = 0
    return all
  }
}

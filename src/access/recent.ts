/**
 * What was used lately, by key: bounded, in constant time. A Map from which the oldest entry is deleted again and again
 * takes ever longer to find it, so there are two: when the younger one is full, all that is in the older one goes.
 */
export class Recent<K, V> {
  #young = new Map<K, V>()
  #old = new Map<K, V>()
  readonly #half: number

  /** @param most How many are kept at most; half as many that were used last are never dropped. */
  constructor(most: number) {
    this.#half = most / 2
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** What a key stands for. That is a use of it. */
  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: K, value: V): void {
    this.#old.delete(key)
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: K): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}

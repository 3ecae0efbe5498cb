/** What an entry counts beyond its name and value, in bytes (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD = 32

/** Entries that there is room for at first; a power of two, as the place of an entry is cut by a mask. */
const FIRST_ROOM = 16

/** The fields that a peer told us to keep (RFC 7541 §2.3.2), the newest first: a table of at most `capacity` bytes. */
export class DynamicTable {
  /** The most that the entries may have together, in bytes. */
  capacity: number
  /** How many entries there are. */
  count = 0
  #size = 0
  /** A ring: the entries stand in the order they came, from `#oldest` on, and go on at the beginning. */
  #names: string[] = new Array(FIRST_ROOM).fill('')
  #values: string[] = new Array(FIRST_ROOM).fill('')
  #mask = FIRST_ROOM - 1
  #oldest = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** The name of the entry with this number, from 1, the newest, to `count`. */
  name(number: number): string {
    return this.#names[(this.#oldest + this.count - number) & this.#mask] as string
  }

  value(number: number): string {
    return this.#values[(this.#oldest + this.count - number) & this.#mask] as string
  }

  /** Adds an entry and drops old ones to make room; one that is too large for the table empties it (RFC 7541 §4.4). */
  add(name: string, value: string): void {
    const size = name.length + value.length + ENTRY_OVERHEAD
    this.#evict(Math.max(0, this.capacity - size))
    if (size > this.capacity) return
    if (this.count > this.#mask) this.#grow()
    const place = (this.#oldest + this.count) & this.#mask
    this.#names[place] = name
    this.#values[place] = value
    this.#size += size
    this.count++
  }

  /** Changes the capacity, and drops entries until it is kept (RFC 7541 §4.3). */
  resize(capacity: number): void {
    this.capacity = capacity
    this.#evict(capacity)
  }

  clear(): void {
    this.#evict(0)
  }

  /** Drops the oldest entries, and lets go of their texts, until the others have no more than `most` bytes. */
  #evict(most: number): void {
    while (this.#size > most) {
      const place = this.#oldest
      this.#size -= (this.#names[place] as string).length + (this.#values[place] as string).length + ENTRY_OVERHEAD
      this.#names[place] = ''
      this.#values[place] = ''
      this.#oldest = (place + 1) & this.#mask
      this.count--
    }
  }

  #grow(): void {
    const none = new Array<string>(this.count).fill('')
    this.#names = [...this.#names.slice(this.#oldest), ...this.#names.slice(0, this.#oldest), ...none]
    this.#values = [...this.#values.slice(this.#oldest), ...this.#values.slice(0, this.#oldest), ...none]
    this.#oldest = 0
    this.#mask = 2 * this.#mask + 1
  }
}

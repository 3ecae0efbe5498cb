import { ownCopy } from '../../message/own-copy.ts'
import { DEFAULT_MEMORY, MAX_KEPT_FILE, REVALIDATE_AFTER } from './options.ts'

/** Something found under a path, with what it takes to keep it. */
export interface Kept {
  /** Bytes of memory that it holds. */
  readonly weight: number
}

interface Entry<T> {
  readonly value: T
  checked: number
  used: boolean
}

interface Pending<T> {
  readonly asked: number
  readonly value: Promise<T | undefined>
}

/** When something was last written, by any route: what was looked up before may be no longer so. */
let written = Number.NEGATIVE_INFINITY

/** Makes all stores of this process compare what they have with the disk before they give it again. */
export function believeNothing(): void {
  written = performance.now()
}

/** What an entry costs beside its content: the objects and the key. In bytes. */
const OVERHEAD = 1024

/** Looks a path up again; gives `known` back where nothing has changed. */
export type Renew<T> = (key: string, known: T | undefined) => Promise<T | undefined>

/** Whether a file of some size is kept in memory, out of a budget. */
export function keeper(budget: number = DEFAULT_MEMORY): (size: number) => boolean {
  return (size) => size <= MAX_KEPT_FILE && size + OVERHEAD <= budget / 4
}

/**
 * Values by path, within a budget of bytes. Each is good for one second; then it is made again, or found unchanged, by
 * `renew`, once for all who ask at the same time. Over the budget the oldest that was not used since goes first.
 */
export class Store<T extends Kept> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #pending = new Map<string, Pending<T>>()
  readonly #budget: number
  readonly #renew: Renew<T>
  #weight = 0

  constructor(renew: Renew<T>, budget: number = DEFAULT_MEMORY) {
    this.#renew = renew
    this.#budget = budget
  }

  /** The value, if it was checked less than a second ago. */
  fresh(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || performance.now() - entry.checked >= REVALIDATE_AFTER) return undefined
    if (entry.checked <= written) return undefined
    entry.used = true
    return entry.value
  }

  /** The value, compared with the disk now. Undefined where there is none. */
  current(key: string): Promise<T | undefined> {
    const pending = this.#pending.get(key)
    // Who asks after something was written must not be told what was found before.
    if (pending !== undefined && pending.asked > written) return pending.value
    const asked = performance.now()
    const value = this.#look(key, asked).finally(() => {
      if (this.#pending.get(key)?.value === value) this.#pending.delete(key)
    })
    this.#pending.set(key, { asked, value })
    return value
  }

  async #look(key: string, asked: number): Promise<T | undefined> {
    const known = this.#entries.get(key)
    const value = await this.#renew(key, known?.value)
    if (known !== undefined && value === known.value && this.#entries.get(key) === known) {
      known.checked = asked
      return value
    }
    this.#drop(key)
    if (value !== undefined && value.weight + OVERHEAD <= this.#budget) {
      this.#entries.set(ownCopy(key), { value, checked: asked, used: false })
      this.#weight += value.weight + OVERHEAD
      this.#makeRoom()
    }
    return value
  }

  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#weight <= this.#budget) return
      if (entry.used) {
        entry.used = false
        this.#entries.delete(key)
        this.#entries.set(key, entry)
      } else this.#drop(key)
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#weight -= entry.value.weight + OVERHEAD
  }
}

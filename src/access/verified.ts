import { randomBytes } from 'node:crypto'
import type { AuthorizationRecord } from '../message/connection.ts'
import { Recent } from './recent.ts'
import { SipHash } from './siphash.ts'

/** How many logins are remembered, at most. */
const MOST = 10_000

interface Entry {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly user: AuthorizationRecord
  readonly until: number
}

/**
 * Logins that were verified a moment ago. They are known by a keyed hash, whose key is random and never leaves this
 * object: neither a password nor a hash that could be guessed at without the key is kept. All 128 bits of it are
 * compared, so what was not verified passes by a chance of 2^-128.
 */
export class Verified {
  readonly #hash = new SipHash(randomBytes(16))
  readonly #entries = new Recent<number, Entry>(MOST)
  readonly #lasting: number
  #generation: number | undefined

  /** @param lasting For how long a login is remembered, in milliseconds; 0: not at all. */
  constructor(lasting: number) {
    this.#lasting = lasting
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * Who logged in by these credentials.
   * @param generation Of the store now: what it said in another one is forgotten.
   */
  find(credentials: string, generation: number | undefined): AuthorizationRecord | undefined {
    if (this.#entries.size === 0 || !this.#hash.hash(credentials)) return undefined
    if (generation !== this.#generation) {
      this.#entries.clear()
      return undefined
    }
    const { a, b, c, d } = this.#hash
    const entry = this.#entries.get(a)
    if (entry === undefined || ((entry.a ^ a) | (entry.b ^ b) | (entry.c ^ c) | (entry.d ^ d)) !== 0) return undefined
    if (performance.now() < entry.until) return entry.user
    this.#entries.delete(a)
    return undefined
  }

  /** Remembers a login. @param generation Of the store when it was asked. */
  add(credentials: string, user: AuthorizationRecord, generation: number | undefined): void {
    if (this.#lasting === 0 || !this.#hash.hash(credentials)) return
    if (generation !== this.#generation) this.#entries.clear()
    this.#generation = generation
    const { a, b, c, d } = this.#hash
    this.#entries.set(a, { a, b, c, d, user, until: performance.now() + this.#lasting })
  }
}

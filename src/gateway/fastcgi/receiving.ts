import { FastCgiFault } from '../../protocol/fastcgi/fault.ts'
import { credit } from '../../protocol/fastcgi/records.ts'
import type { ApplicationConnection } from './connection.ts'

/** Bytes that are held for a slow reader where its connection is shared and has no windows. */
const MAX_AHEAD = 1024 * 1024

/** How far an application is ahead of whoever reads its answer. */
export class Receiving {
  paused = false
  readonly #id: number
  readonly #connection: ApplicationConnection
  /** Bytes for which no credit was given; where there are no windows, those that came while nobody wanted more. */
  #ahead = 0

  constructor(id: number, connection: ApplicationConnection) {
    this.#id = id
    this.#connection = connection
  }

  /** So many bytes came. Returns whether they still are as many as may be held. @throws FastCgiFault for more than the window. */
  came(bytes: number): boolean {
    const { window } = this.#connection
    this.#ahead += bytes
    if (window > 0) {
      if (this.#ahead > window) throw new FastCgiFault(`an answer is more than its window of ${window} bytes ahead`)
      return true
    }
    if (!this.paused) this.#ahead = 0
    return this.#ahead <= MAX_AHEAD
  }

  /** What came was taken, or is not wanted: the application may go on. */
  give(): void {
    const { window, output } = this.#connection
    // By halves: a record for each piece would cost more than it brings.
    if (window === 0 || this.paused || this.#ahead < window / 2) return
    output.text(credit(this.#id, this.#ahead))
    this.#ahead = 0
  }

  pause(): void {
    if (this.paused) return
    this.paused = true
    this.#connection.pause()
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.#connection.resume()
    this.give()
  }
}

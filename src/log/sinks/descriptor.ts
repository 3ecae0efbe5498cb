import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import type { Batch } from './batch.ts'
import type { Outlet } from './outlet.ts'
import { Unwritten } from './unwritten.ts'
import { writeAll } from './write-all.ts'

/** Standard output or standard error. */
export class DescriptorOutlet implements Outlet {
  readonly #fd: number
  readonly #own: boolean
  readonly #unwritten = new Unwritten()
  #writing = false

  /** @param given 1 or 2. */
  constructor(given: number) {
    const own = withoutWaiting(given)
    this.#own = own !== undefined
    this.#fd = own ?? given
  }

  async send(batch: Batch): Promise<void> {
    this.#writing = true
    try {
      await writeAll(this.#fd, this.#unwritten.of(batch), (count) => this.#unwritten.wrote(count))
      this.#unwritten.done()
    } finally {
      this.#writing = false
    }
  }

  last(batches: readonly Batch[]): void {
    writeLast(this.#fd, batches, this.#writing ? undefined : this.#unwritten)
  }

  async close(): Promise<void> {
    if (this.#own) closeSync(this.#fd)
  }
}

/** Writes what a process leaves behind. What cannot be written then is lost with it. */
export function writeLast(fd: number, batches: readonly Batch[], unwritten: Unwritten | undefined): void {
  try {
    for (const batch of batches) writeSync(fd, unwritten?.of(batch) ?? batch.bytes)
  } catch {
    // Nobody is left to be told.
  }
}

/**
 * The same pipe by a descriptor that does not wait. A write to a pipe that nobody reads would hold one of the four threads
 * that files are read by, and the end of the process; to make the given one not wait would change it for others who have it.
 */
function withoutWaiting(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    // Another system, or another user's pipe: it is written as it is.
    return undefined
  }
}

import type { Batch } from './batch.ts'

const NEWLINE = 10

/** How much of a batch has been written: one that failed halfway goes on where it was. */
export class Unwritten {
  #batch: Batch | undefined
  #at = 0

  /** What is left of this batch, which may be that of the last time. */
  of(batch: Batch): Buffer {
    if (batch !== this.#batch) {
      this.#batch = batch
      this.#at = 0
    }
    return batch.bytes.subarray(this.#at)
  }

  /** Whether a part was written, and the rest not. */
  get half(): boolean {
    return this.#at > 0 && this.#batch !== undefined && this.#at < this.#batch.bytes.byteLength
  }

  wrote(count: number): void {
    this.#at += count
  }

  /** The place is another one from now on: the line that was cut is written there from its beginning. */
  backToLine(): void {
    if (this.half) this.#at = (this.#batch?.bytes.lastIndexOf(NEWLINE, this.#at - 1) ?? -1) + 1
  }

  done(): void {
    this.#batch = undefined
    this.#at = 0
  }
}

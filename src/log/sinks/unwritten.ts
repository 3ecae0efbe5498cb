const NEWLINE = 10

/** The bytes of a batch of lines, and how much of it has been written: a batch that failed halfway goes on where it was. */
export class Unwritten {
  #lines: readonly string[] | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0

  /** What is left of these lines, which may be those of the last time. */
  of(lines: readonly string[]): Buffer {
    if (lines !== this.#lines) {
      this.#lines = lines
      this.#bytes = Buffer.from(`${lines.join('\n')}\n`)
      this.#at = 0
    }
    return this.#bytes.subarray(this.#at)
  }

  /** Whether a part was written, and the rest not. */
  get half(): boolean {
    return this.#at > 0 && this.#at < this.#bytes.byteLength
  }

  wrote(count: number): void {
    this.#at += count
  }

  /** The place is another one from now on: the line that was cut is written there from its beginning. */
  backToLine(): void {
    if (this.half) this.#at = this.#bytes.lastIndexOf(NEWLINE, this.#at - 1) + 1
  }

  done(): void {
    this.#lines = undefined
    this.#bytes = Buffer.alloc(0)
    this.#at = 0
  }
}

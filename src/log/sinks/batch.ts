const NEWLINE = 10

/** Lines on their way to a place: their bytes as a file has them, each with its line end. */
export class Batch {
  readonly bytes: Buffer
  /** What they are in, for others once they are where they belong; undefined where it has no room for more. */
  readonly buffer: Buffer | undefined
  readonly #ends: readonly number[]

  /** @param ends Where each line ends, behind its line end. */
  constructor(bytes: Buffer, ends: readonly number[], buffer?: Buffer) {
    this.bytes = bytes
    this.buffer = buffer
    this.#ends = ends
  }

  static of(lines: readonly string[]): Batch {
    const bytes = lines.map((line) => Buffer.from(`${line}\n`))
    let end = 0
    return new Batch(
      Buffer.concat(bytes),
      bytes.map(({ byteLength }) => (end += byteLength)),
    )
  }

  /** How many lines. */
  get count(): number {
    return this.#ends.length
  }

  /** The lines, with a line end between two of them. */
  get text(): string {
    return this.bytes.toString('utf8', 0, Math.max(0, this.bytes.byteLength - 1))
  }

  /** Without their line ends; one may have some within. */
  get lines(): string[] {
    return this.#ends.map((end, i) => this.bytes.toString('utf8', i === 0 ? 0 : this.#ends[i - 1], end - 1))
  }
}

/**
 * Lines that become a batch. They are written down at once: texts that are kept must be moved by the collector of garbage, again
 * and again, and that costs more than all the rest of a log.
 */
export class Filling {
  readonly #buffer: Buffer
  readonly #ends: number[] = []
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  /** How many bytes there are. */
  get size(): number {
    return this.#at
  }

  /** @returns How many bytes the line takes, or 0 where there is not room enough. */
  add(line: string): number {
    // A character of a string takes three bytes of UTF-8 at most.
    if (this.#at + 3 * line.length + 1 > this.#buffer.byteLength) return 0
    const size = this.#buffer.write(line, this.#at) + 1
    this.#at += size
    this.#buffer[this.#at - 1] = NEWLINE
    this.#ends.push(this.#at)
    return size
  }

  batch(): Batch {
    return new Batch(this.#buffer.subarray(0, this.#at), this.#ends, this.#buffer)
  }
}

const MAX_LINES = 20
const MAX_LENGTH = 4096

/** The last lines of what a program wrote, not more than 20 and 4 KiB. */
export class LastWords {
  #lines: string[] = []
  #length = 0

  push(line: string): void {
    this.#lines.push(line)
    this.#length += line.length
    while (this.#lines.length > MAX_LINES || (this.#length > MAX_LENGTH && this.#lines.length > 1)) {
      this.#length -= this.#lines.shift()?.length ?? 0
    }
  }

  get lines(): readonly string[] {
    return [...this.#lines]
  }
}

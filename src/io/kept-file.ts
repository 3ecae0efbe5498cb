import type { FileReader } from './file.ts'

/** Files that stay open between two reads, while a client takes what was read. */
const MOST_KEPT = 128
/** Files that are open at all: more than are kept, so that those who only read soon have their turn. */
const MOST_OPEN = 192

let open = 0
const waiting: (() => void)[] = []

/**
 * A file that is read piece by piece, for as long as a client wants. It stays open meanwhile, but where many do it is
 * closed after each read and opened again for the next: each stream of HTTP/2 has one, and a few connections that take
 * nothing would use up the descriptors of the process.
 */
export class KeptFile {
  readonly #open: () => FileReader
  #reader: FileReader | undefined
  #counted = false

  /** @param open Opens the file, and makes sure that it is still the same. */
  constructor(open: () => FileReader) {
    this.#open = open
  }

  /** Fills `into` from `position` on. @param last Whether nothing is read after. @throws as FileReader does. */
  async read(into: Uint8Array, position: number, last: boolean): Promise<void> {
    if (this.#reader === undefined) {
      while (open >= MOST_OPEN) await new Promise<void>((resolve) => waiting.push(resolve))
      // Before it is opened, which may fail: `close` is called then too.
      this.#count()
      this.#reader = this.#open()
    }
    const reader = this.#reader
    await reader.read(into, position)
    if (last || open > MOST_KEPT) reader.verify()
    if (open <= MOST_KEPT) return
    // What has lost its name could not be opened again.
    if (reader.removed) return this.#discount()
    this.#reader = undefined
    this.#discount()
    await reader.close()
  }

  close(): Promise<void> | undefined {
    this.#discount()
    return this.#reader?.close()
  }

  #count(): void {
    this.#counted = true
    open++
  }

  #discount(): void {
    if (!this.#counted) return
    this.#counted = false
    open--
    waiting.shift()?.()
  }
}

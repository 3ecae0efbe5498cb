import { write, writeSync } from 'node:fs'

/** Lines are written together when so many bytes have come, or this many milliseconds after the first. */
const FULL = 65536
const PATIENCE = 100
/** Bytes that may wait for a slow destination; more are dropped, and counted, rather than kept in memory. */
const MOST = 16 * 1024 * 1024

/** Gathers lines and writes them to a descriptor, so that a line costs no system call of its own. */
export class BufferedLines {
  /** Lines that were dropped because the destination was too slow. */
  dropped = 0
  readonly #fd: number
  #text = ''
  #timer: NodeJS.Timeout | undefined = undefined
  #writing = false

  constructor(fd: number) {
    this.#fd = fd
  }

  add(line: string): void {
    if (this.#text.length > MOST) {
      this.dropped++
      return
    }
    this.#text += line
    if (this.#text.length >= FULL) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), PATIENCE)
  }

  /** Writes what is left, at once: for the end of the process. */
  end(): void {
    clearTimeout(this.#timer)
    const text = this.#text
    this.#text = ''
    try {
      if (text !== '') writeSync(this.#fd, text)
    } catch {
      this.dropped++
    }
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing || this.#text === '') return
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    this.#writing = true
    this.#writeAll(bytes)
  }

  #writeAll(bytes: Buffer): void {
    write(this.#fd, bytes, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#writeAll(bytes), PATIENCE)
      else if (error === null && count < bytes.byteLength) this.#writeAll(bytes.subarray(count))
      else {
        this.#writing = false
        if (error !== null) this.dropped++
        if (this.#text !== '') this.#timer ??= setTimeout(() => this.#flush(), PATIENCE)
      }
    })
  }
}

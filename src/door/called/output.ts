import type { Writable } from 'node:stream'

/** Records are gathered as text up to this size, in bytes, before they are written. */
const FLUSH_AT = 65536
/** Content up to this size, in bytes, is copied into the text of its record: one small write costs less than two. */
export const COPIED = 16384

/**
 * The writing side of a connection, which all its requests share. What is answered while one read is worked off, or in one
 * turn of the event loop, leaves in one write.
 */
export class Output {
  /** Whether a read is being worked off, at the end of which the connection flushes. */
  held = false
  readonly #socket: Writable
  #text = ''
  #scheduled = false
  /** Called when the system has taken everything. */
  #waiting: (() => void)[] = []
  #closed = false

  /** @param onDrain Told when the system has taken everything after it had not. */
  constructor(socket: Writable, onDrain: () => void) {
    this.#socket = socket
    socket.on('drain', () => {
      this.#wake()
      onDrain()
    })
  }

  /** Bytes that the system has not taken. */
  get waiting(): number {
    return this.#socket.writableLength + this.#text.length
  }

  /** Adds records, one character a byte, which are written when `flush` is called, or at the end of the turn. */
  text(records: string): void {
    this.#text += records
    if (this.#text.length > FLUSH_AT) this.flush()
    else if (!this.#scheduled && !this.held) {
      this.#scheduled = true
      setImmediate(flushScheduled, this)
    }
  }

  /** Writes bytes as they are, behind what was gathered. Fulfilled when they are the caller's again. */
  bytes(head: string, bytes: Uint8Array): Promise<void> {
    this.#text += head
    return new Promise((resolve) => {
      this.#socket.cork()
      this.flush()
      this.#socket.write(bytes, (error) => (error ? this.#wait(resolve) : resolve()))
      this.#socket.uncork()
    })
  }

  flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    if (!this.#closed) this.#socket.write(text, 'latin1')
  }

  /** At the end of the turn. */
  flushScheduled(): void {
    this.#scheduled = false
    this.flush()
  }

  /** Fulfilled, or undefined at once, when there is room for more; also when the connection is closed. */
  room(): Promise<void> | undefined {
    this.flush()
    if (this.#closed || !(this.#socket.writableNeedDrain || this.#socket.destroyed)) return undefined
    return new Promise((resolve) => this.#wait(resolve))
  }

  /** The connection is closed: nobody waits for it any more. */
  closed(): void {
    this.#closed = true
    this.#text = ''
    this.#wake()
  }

  /** On a broken connection until it is closed: a source that was pulled on would keep the system from closing it. */
  #wait(wake: () => void): void {
    if (this.#closed) wake()
    else this.#waiting.push(wake)
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function flushScheduled(output: Output): void {
  output.flushScheduled()
}

/** Bytes as text, one character a byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

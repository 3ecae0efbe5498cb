import type { Socket } from 'node:net'
import { awaitDrain, awaitTaken, taken } from '../../io/attach.ts'

/** Text of answers is gathered up to this size, in bytes, before it is written. */
const FLUSH_AT = 65536
/** Content up to this size, in bytes, is copied into the text of its head: one small write costs less than two. */
const COPIED = 16384

/**
 * The writing side of a connection. Heads and small contents are gathered as text, one character a byte, so that
 * pipelined answers leave in one write; large contents go out beside it without being copied.
 */
export class Writer {
  /** Whether the socket holds more than it should: nothing new is to be written before `onDrain`. */
  blocked = false
  /** Bytes handed to the socket so far, gathered ones included. */
  bytes = 0
  readonly #socket: Socket
  readonly #patience: number
  #text = ''

  /** @param patience Milliseconds that the client may take nothing of what is written. */
  constructor(socket: Socket, patience: number) {
    this.#socket = socket
    this.#patience = patience
  }

  /** Whether something was gathered that is not written yet. */
  get holds(): boolean {
    return this.#text !== ''
  }

  /** Adds text, one character a byte. */
  text(text: string): void {
    this.#text += text
    this.bytes += text.length
    if (this.#text.length > FLUSH_AT) this.flush()
  }

  /** Adds content that is known as a whole. @param size Its bytes. */
  content(content: string | Uint8Array, size: number): void {
    if (typeof content === 'string') {
      if (size === content.length && size <= COPIED) return this.text(content)
      return this.content(Buffer.from(content), size)
    }
    if (content.byteLength <= COPIED) return this.text(latin1(content))
    this.bytes += content.byteLength
    this.#socket.cork()
    this.flush()
    this.#write(content)
    this.#socket.uncork()
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#write(text)
  }

  /** Writes text before what was gathered, if that is still here; else it would come too late. */
  ahead(text: string): void {
    if (this.#text === '') return
    this.bytes += text.length
    this.#write(text)
  }

  /** Forgets what was gathered and not written; returns false where nothing was there to forget. */
  discard(): boolean {
    if (this.#text === '') return false
    this.bytes -= this.#text.length
    this.#text = ''
    return true
  }

  /** Writes one chunk between two texts. Fulfilled when the system has taken it, rejected where the connection broke. */
  send(before: string, chunk: Uint8Array, after: string): Promise<void> {
    this.bytes += before.length + chunk.byteLength + after.length
    this.#text += before
    return new Promise((resolve, reject) => {
      const done = (error?: Error | null): void => {
        if (!this.blocked) taken(this.#socket)
        if (error) return reject(error)
        resolve()
      }
      if (chunk.byteLength <= COPIED) {
        const text = this.#text + latin1(chunk) + after
        this.#text = ''
        this.#watch(this.#socket.write(text, 'latin1', done))
      } else {
        this.#socket.cork()
        this.flush()
        this.#watch(after === '' ? this.#socket.write(chunk, done) : this.#socket.write(chunk))
        if (after !== '') this.#watch(this.#socket.write(after, 'latin1', done))
        this.#socket.uncork()
      }
      // A small write gives no `drain`, and may wait as long as any for a client that does not read.
      if (!this.blocked && this.#socket.writableLength > 0) awaitTaken(this.#socket, this.#patience)
    })
  }

  /** Told when the socket has written all it held. */
  drained(): void {
    this.blocked = false
  }

  #write(data: string | Uint8Array): void {
    this.#watch(typeof data === 'string' ? this.#socket.write(data, 'latin1') : this.#socket.write(data))
  }

  #watch(below: boolean): void {
    if (below || this.blocked) return
    this.blocked = true
    awaitDrain(this.#socket, this.#patience)
  }
}

function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('latin1')
}

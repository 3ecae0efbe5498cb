import type { Socket } from 'node:net'
import { MAX_CONTENT } from '../../protocol/fastcgi/codes.ts'
import { record, recordHead } from '../../protocol/fastcgi/records.ts'
import { COPIED } from '../address.ts'

/** The largest content of a record that needs no padding. */
const FULL = MAX_CONTENT - (MAX_CONTENT % 8)

/**
 * Puts records on a socket: all of one turn of the event loop in one write where requests share the connection, else at
 * once.
 */
export class Output {
  readonly #socket: Socket
  readonly #batched: boolean
  readonly #flush = (): void => this.flush()
  #scheduled = false
  #held = false
  #text = ''
  /** What goes before the text. */
  #before: (string | Uint8Array)[] = []

  constructor(socket: Socket, batched: boolean) {
    this.#socket = socket
    this.#batched = batched
  }

  /** Whether all that was given is copied or with the system. Else the socket emits `drain` when it is. */
  get taken(): boolean {
    return this.#socket.writableLength === 0 || !this.#socket.writableNeedDrain
  }

  /** Takes records as a byte string. */
  text(records: string): void {
    this.#text += records
    this.#due()
  }

  /** Takes a piece of a stream. One of more than `COPIED` bytes must stay as it is until all is taken. */
  stream(type: number, id: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += FULL) {
      const piece = bytes.subarray(at, at + FULL)
      if (piece.byteLength <= COPIED) {
        this.#text += record(type, id, latin1(piece))
        continue
      }
      const padding = piece.byteLength % 8 === 0 ? 0 : 8 - (piece.byteLength % 8)
      this.#before.push(this.#text + recordHead(type, id, piece.byteLength, padding), piece)
      this.#text = '\0'.repeat(padding)
    }
    if (this.#before.length > 0 && !this.#held) this.flush()
    else this.#due()
  }

  /** Holds what is given until `release`, so that it goes out in one write. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    if (this.#before.length > 0) this.flush()
    else this.#due()
  }

  flush(): void {
    this.#scheduled = false
    const socket = this.#socket
    const text = this.#text
    this.#text = ''
    if (socket.destroyed) return
    if (this.#before.length === 0) {
      if (text !== '') socket.write(text, 'latin1')
      return
    }
    const before = this.#before
    this.#before = []
    socket.cork()
    for (const part of before) typeof part === 'string' ? socket.write(part, 'latin1') : socket.write(part)
    if (text !== '') socket.write(text, 'latin1')
    socket.uncork()
  }

  #due(): void {
    if (this.#scheduled || this.#held) return
    if (!this.#batched) return this.flush()
    this.#scheduled = true
    setImmediate(this.#flush)
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

import type { Socket } from 'node:net'
import { COPIED } from '../address.ts'

/** Puts a request on a socket: small pieces together with what stands around them, in one write. */
export class RequestOutput {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Whether all that was given is copied or with the system. Else the socket emits `drain` when it is. */
  get taken(): boolean {
    return this.#socket.writableLength === 0 || !this.#socket.writableNeedDrain
  }

  /** Takes a byte string. */
  text(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  /** Takes bytes between two byte strings. More than `COPIED` of them must stay as they are until all is taken. */
  bytes(before: string, bytes: Uint8Array, after: string): void {
    if (bytes.byteLength <= COPIED) return this.text(`${before}${latin1(bytes)}${after}`)
    const socket = this.#socket
    socket.cork()
    if (before !== '') socket.write(before, 'latin1')
    socket.write(bytes)
    if (after !== '') socket.write(after, 'latin1')
    socket.uncork()
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

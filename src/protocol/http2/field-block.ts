import { ConnectionFault, ENHANCE_YOUR_CALM } from './codes.ts'

/** Frames that one field block may come in: a client has no reason for more, and an endless block costs for nothing. */
const MAX_FRAMES = 64

/** A field block that comes in several frames (RFC 9113 §6.10), collected within bounds (CVE-2024-27316). */
export class FieldBlock {
  /** The stream that it is for; 0 where none has begun. */
  stream = 0
  /** Whether the stream ends with it. */
  ended = false
  #parts: Uint8Array[] = []
  #size = 0

  begin(stream: number, ended: boolean, bytes: Uint8Array, from: number, to: number): void {
    this.stream = stream
    this.ended = ended
    this.#parts = [new Uint8Array(bytes.subarray(from, to))]
    this.#size = to - from
  }

  /**
   * Takes a copy of one more part.
   * @param limit Bytes of the fields: twice as many, compressed, can only be more than that, and are not waited for.
   * @throws ConnectionFault ENHANCE_YOUR_CALM
   */
  add(bytes: Uint8Array, from: number, to: number, limit: number): void {
    this.#size += to - from
    if (this.#parts.length >= MAX_FRAMES || this.#size > 2 * limit + 16384) {
      throw new ConnectionFault(ENHANCE_YOUR_CALM, 'a field block does not end', 'limits.head')
    }
    this.#parts.push(new Uint8Array(bytes.subarray(from, to)))
  }

  /** The whole, which is given away. */
  take(): Uint8Array {
    const whole = new Uint8Array(this.#size)
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.byteLength
    }
    this.stream = 0
    this.#parts = []
    return whole
  }
}

import { ConnectionFault, FRAME_SIZE_ERROR } from './codes.ts'
import { FRAME_HEAD, MAX_PAYLOAD, uint31 } from './frames.ts'

/** Who is told of frames. */
export interface FrameReceiver {
  /** A frame came: its payload lies in `bytes` from `from` up to `to`, during the call only. */
  frame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void
}

/** Cuts what comes, in any pieces, into frames (RFC 9113 §4.1). Makes no object for a frame that came whole. */
export class FrameReader {
  /** A frame that came in part: its head, then all of it, filled as far as `#have`. */
  #part: Uint8Array | undefined = undefined
  #have = 0

  /** Whether a frame has begun and is not complete. */
  get begun(): boolean {
    return this.#part !== undefined
  }

  /**
   * Takes one frame from `at` on, or what there is of one; returns where to go on.
   * @throws ConnectionFault FRAME_SIZE_ERROR for a frame larger than we take, and what the receiver throws.
   */
  step(bytes: Uint8Array, at: number, receiver: FrameReceiver): number {
    if (this.#part !== undefined || bytes.byteLength - at < FRAME_HEAD) return this.#collect(bytes, at, receiver)
    const end = at + FRAME_HEAD + sizeOf(bytes, at)
    if (end > bytes.byteLength) return this.#collect(bytes, at, receiver)
    tell(bytes, at, end, receiver)
    return end
  }

  #collect(bytes: Uint8Array, at: number, receiver: FrameReceiver): number {
    this.#part ??= new Uint8Array(FRAME_HEAD)
    let from = this.#fill(this.#part, bytes, at)
    if (this.#have === FRAME_HEAD && this.#part.byteLength === FRAME_HEAD) {
      const whole = new Uint8Array(FRAME_HEAD + sizeOf(this.#part, 0))
      whole.set(this.#part)
      this.#part = whole
      from = this.#fill(whole, bytes, from)
    }
    const part = this.#part
    if (this.#have < FRAME_HEAD || this.#have < part.byteLength) return from
    this.#part = undefined
    this.#have = 0
    tell(part, 0, part.byteLength, receiver)
    return from
  }

  #fill(part: Uint8Array, bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.byteLength, at + part.byteLength - this.#have)
    part.set(bytes.subarray(at, end), this.#have)
    this.#have += end - at
    return end
  }
}

function sizeOf(bytes: Uint8Array, at: number): number {
  const size = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
  if (size > MAX_PAYLOAD) throw new ConnectionFault(FRAME_SIZE_ERROR, `a frame has more than ${MAX_PAYLOAD} bytes`)
  return size
}

function tell(bytes: Uint8Array, at: number, end: number, receiver: FrameReceiver): void {
  receiver.frame(bytes[at + 3] as number, bytes[at + 4] as number, uint31(bytes, at + 5), bytes, at + FRAME_HEAD, end)
}

import type { Headers } from '../../message/headers.ts'
import { TRAILERS } from '../../protocol/fastcgi/codes.ts'
import { streamEnd } from '../../protocol/fastcgi/records.ts'
import { trailersOf } from '../../protocol/fastcgi/trailers.ts'
import type { Output } from './output.ts'

/**
 * The streams of a request towards the application, one behind the other, as far as its window allows. What has no room
 * yet is held: whoever wrote it waits until it was taken.
 */
export class Sending {
  readonly #id: number
  readonly #output: Output
  /** Bytes that may be sent on a stream in all. */
  #allowed: number
  /** Bytes that were sent of the present stream. */
  #sent = 0
  #type = 0
  /** What waits for room: pieces, and after the last one of a stream `undefined`. */
  #held: { readonly type: number; readonly bytes: Uint8Array | undefined }[] = []

  /** @param window Bytes that may be sent ahead of credit; 0: as many as there are. */
  constructor(id: number, output: Output, window: number) {
    this.#id = id
    this.#output = output
    this.#allowed = window === 0 ? Number.POSITIVE_INFINITY : window
  }

  /** Whether all that was given is taken. */
  get taken(): boolean {
    return this.#held.length === 0 && this.#output.taken
  }

  /** Whether something waits for credit. */
  get waiting(): boolean {
    return this.#held.length > 0
  }

  /** @param bytes Undefined: the stream ends. */
  send(type: number, bytes: Uint8Array | undefined): void {
    if (this.#held.length > 0) this.#held.push({ type, bytes })
    else this.#give(type, bytes)
  }

  /** Just before the end of a stream: they count as none of it. */
  trailers(fields: Headers): void {
    const bytes = trailersOf(fields)
    if (bytes.byteLength > 0) this.send(TRAILERS, bytes)
  }

  /** The application has read so many bytes more. */
  credit(bytes: number): void {
    this.#allowed += bytes
    const held = this.#held
    this.#held = []
    for (const { type, bytes } of held) this.send(type, bytes)
  }

  #give(type: number, bytes: Uint8Array | undefined): void {
    if (type === TRAILERS && bytes !== undefined) return this.#output.stream(type, this.#id, bytes)
    if (type !== this.#type) {
      this.#type = type
      this.#sent = 0
    }
    if (bytes === undefined) return this.#output.text(streamEnd(type, this.#id))
    const room = this.#allowed - this.#sent
    const now = bytes.byteLength <= room ? bytes : bytes.subarray(0, room)
    this.#sent += now.byteLength
    if (now.byteLength > 0) this.#output.stream(type, this.#id, now)
    if (now.byteLength < bytes.byteLength) this.#held.push({ type, bytes: bytes.subarray(now.byteLength) })
  }
}

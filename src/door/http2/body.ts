import type { Headers } from '../../message/headers.ts'
import { HeldBody } from '../body.ts'

/** Bytes that a client may send of one body before it is read (RFC 9113 §6.9.2). */
export const STREAM_WINDOW = 65536
/** Room that small pieces share: else a client that sends one byte a frame would take a hundredfold. */
const SHARED_ROOM = 4096

/** Who allows a client to send more. */
export interface Credit {
  /** So many more bytes may come on a stream. */
  allow(stream: number, bytes: number): void
}

/** The body of a request on an HTTP/2 stream: the client may send on as the resource pulls. */
export class StreamBody extends HeldBody {
  #trailers: Headers | undefined = undefined
  readonly #stream: number
  readonly #credit: Credit
  /** Bytes that may still come. */
  #window = STREAM_WINDOW
  /** Bytes that were read, or are no content, and that the client was not yet told of. */
  #freed = 0
  /** Small pieces that are held as one: room, and how much of it is used. */
  #small: Buffer | undefined = undefined
  #smallBytes = 0

  constructor(declared: number | undefined, stream: number, credit: Credit) {
    super(declared)
    this.complete = false
    this.#stream = stream
    this.#credit = credit
  }

  /** The trailer fields, once they came. */
  get trailers(): Headers | undefined {
    return this.complete ? this.#trailers : undefined
  }

  /**
   * Takes a copy of a frame's content.
   * @param overhead Bytes of the frame that are no content, but count as much (§6.9).
   * @returns false where it is more than the client was allowed.
   */
  feed(bytes: Uint8Array, from: number, to: number, overhead: number): boolean {
    const size = to - from
    this.#window -= size + overhead
    if (this.#window < 0) return false
    if (overhead > 0) this.#free(overhead)
    if (size > 0) this.#take(bytes, from, size)
    this.notify()
    return true
  }

  /** Its last byte has come. @param trailers The fields behind it. */
  end(trailers: Headers | undefined): void {
    this.#trailers = trailers
    this.complete = true
    this.notify()
  }

  protected override pulled(bytes: number): void {
    this.#free(bytes)
  }

  protected override beforePull(): void {
    const small = this.#small
    if (small === undefined) return
    this.#small = undefined
    this.keep(small.subarray(0, this.#smallBytes))
  }

  #take(bytes: Uint8Array, from: number, size: number): void {
    this.arrived(size)
    if (this.dropped) return
    if (this.#small !== undefined && this.#smallBytes + size > this.#small.byteLength) this.beforePull()
    if (size >= SHARED_ROOM) return this.keep(Buffer.from(bytes.subarray(from, from + size)))
    if (this.#small === undefined) {
      this.#small = Buffer.allocUnsafe(Math.max(size, Math.min(SHARED_ROOM, this.declared ?? SHARED_ROOM)))
      this.#smallBytes = 0
    }
    this.#small.set(bytes.subarray(from, from + size), this.#smallBytes)
    this.#smallBytes += size
  }

  /** Told to the client when it is half of a window: one frame for many reads. */
  #free(bytes: number): void {
    this.#freed += bytes
    if (this.#freed < STREAM_WINDOW / 2 || this.complete || this.dropped || this.failure !== undefined) return
    this.#window += this.#freed
    this.#credit.allow(this.#stream, this.#freed)
    this.#freed = 0
  }
}

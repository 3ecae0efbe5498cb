import { HttpError } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import { ChunkedDecoder, type TrailerLimits } from '../../protocol/http1/chunked.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { HeldBody } from '../body.ts'

/** The body of a request on an HTTP/1 connection, which stops reading while enough of it is held. */
export class ArrivingBody extends HeldBody {
  readonly #decoder: ChunkedDecoder | undefined

  /** @param framing The size in bytes, or `chunked`. */
  constructor(framing: number | 'chunked', limits: TrailerLimits) {
    super(framing === 'chunked' ? undefined : framing)
    this.#decoder = framing === 'chunked' ? new ChunkedDecoder(limits) : undefined
  }

  get trailers(): Headers | undefined {
    return this.complete && this.#decoder !== undefined ? Headers.fromLines(this.#decoder.trailers) : undefined
  }

  /** Takes a copy of bytes from `at` on, up to the end of the body; returns where it stopped. Fails itself where they are no body. */
  feed(bytes: Uint8Array, at: number): number {
    const end = this.#decoder === undefined ? this.#feedSized(bytes, at) : this.#feedChunked(this.#decoder, bytes, at)
    this.notify()
    return end
  }

  /** Holds a copy of some pieces as one. */
  #hold(pieces: readonly Uint8Array[], size: number): void {
    this.arrived(size)
    if (!this.dropped && size > 0) this.keep(Buffer.concat(pieces, size))
  }

  #feedSized(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.byteLength, at + (this.declared ?? 0) - this.received)
    this.#hold([bytes.subarray(at, end)], end - at)
    this.complete = this.received === this.declared
    return end
  }

  #feedChunked(decoder: ChunkedDecoder, bytes: Uint8Array, at: number): number {
    const content: Uint8Array[] = []
    let size = 0
    let i = at
    try {
      while (i < bytes.byteLength && !decoder.done) {
        i = decoder.step(bytes, i)
        if (decoder.data === undefined) continue
        content.push(decoder.data)
        size += decoder.data.byteLength
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const detail = `The body of the request is malformed: ${error.message}.`
      this.fail(new HttpError(error.status, { code: error.code, detail }))
      i = bytes.byteLength
    }
    this.#hold(content, size)
    this.complete = decoder.done
    return i
  }
}

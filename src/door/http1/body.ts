import { HttpError } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import type { IncomingBody } from '../../message/request.ts'
import { ChunkedDecoder, type TrailerLimits } from '../../protocol/http1/chunked.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'

/** Bytes that are read ahead of the resource, so that the end of the connection is noticed meanwhile. */
const MAX_HELD = 65536
/** What holding a piece costs beside its bytes: else a client that sends one byte at a time would take a hundredfold. */
export const PIECE_COST = 128

/** What a body asks of the connection that it arrives on. */
export interface BodySource {
  /** Somebody waits for bytes: read on, and tell a client that waits for it to continue. */
  wanted(): void
}

/**
 * The body of a request while it arrives: the connection feeds it, the resource pulls. What arrived and was not pulled
 * yet is held, and the connection stops reading meanwhile.
 */
export class ArrivingBody implements IncomingBody {
  readonly declared: number | undefined
  limit: number = Number.POSITIVE_INFINITY
  used = false
  /** Whether its last byte has arrived. */
  complete: boolean
  /** Bytes of content that have arrived. */
  received = 0
  /** Why it will not be complete. */
  failure: Error | undefined = undefined
  /** Whether somebody waits for bytes. */
  waiting = false
  /** The exchange that it belongs to. */
  source: BodySource | undefined = undefined
  readonly #decoder: ChunkedDecoder | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  #dropped = false
  /** Ticks that somebody waited in all, and since the last piece. */
  #waited = 0
  #quiet = 0
  #wake: (() => void) | undefined = undefined

  /** @param framing The size in bytes, or `chunked`. */
  constructor(framing: number | 'chunked', limits: TrailerLimits) {
    this.declared = framing === 'chunked' ? undefined : framing
    this.#decoder = framing === 'chunked' ? new ChunkedDecoder(limits) : undefined
    this.complete = framing === 0
  }

  get trailers(): Headers | undefined {
    return this.complete && this.#decoder !== undefined ? Headers.fromLines(this.#decoder.trailers) : undefined
  }

  /** Whether enough is held: reading on would only fill memory. */
  get full(): boolean {
    return this.#heldBytes >= MAX_HELD
  }

  /** Takes a copy of bytes from `at` on, up to the end of the body; returns where it stopped. Fails itself where they are no body. */
  feed(bytes: Uint8Array, at: number): number {
    const end = this.#decoder === undefined ? this.#feedSized(bytes, at) : this.#feedChunked(this.#decoder, bytes, at)
    this.#notify()
    return end
  }

  /**
   * Told at each tick. Whether the client is too slow for a reader that waits: nothing for `patience` ticks, or after
   * as many less than `rate` bytes a tick (RFC 9110 §15.5.9). Time in which nobody wanted to read does not count.
   */
  tooSlow(patience: number, rate: number): boolean {
    if (!this.waiting || this.complete) {
      this.#quiet = 0
      return false
    }
    this.#waited++
    this.#quiet++
    return this.#quiet > patience || (this.#waited > patience && this.received < (this.#waited - patience) * rate)
  }

  /** Ends it before its time. What was held is still read; then the reader gets the error. */
  fail(error: Error): void {
    if (this.complete || this.failure !== undefined) return
    this.failure = error
    this.#notify()
  }

  /** Nobody will read it any more: what is held and what comes is dropped. */
  drop(): void {
    this.#dropped = true
    this.#held = []
    this.#heldBytes = 0
    this.#notify()
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.used) throw new TypeError('the body of this request was read already')
    this.used = true
    return {
      next: () => this.#next(),
      return: () => {
        this.drop()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      if (this.received > this.limit) throw new HttpError(413, { code: 'body-limit' })
      const chunk = this.#held.shift()
      if (chunk !== undefined) {
        this.#heldBytes -= chunk.byteLength + PIECE_COST
        return { done: false, value: chunk }
      }
      if (this.failure !== undefined) throw this.failure
      if (this.complete || this.#dropped) return { done: true, value: undefined }
      this.waiting = true
      const came = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.source?.wanted()
      await came
      this.waiting = false
    }
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  /** Holds a copy of some pieces as one: the next read on any connection takes their place. */
  #hold(pieces: readonly Uint8Array[], size: number): void {
    this.#quiet = 0
    this.received += size
    if (this.#dropped || size === 0) return
    this.#held.push(Buffer.concat(pieces, size))
    this.#heldBytes += size + PIECE_COST
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

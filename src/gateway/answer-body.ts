import { Headers } from '../message/headers.ts'
import { ChunkedDecoder } from '../protocol/http1/chunked.ts'
import { ProtocolError } from '../protocol/http1/errors.ts'
import { badAnswer } from './call.ts'

/** Bytes that are held ahead of whoever reads, unless told otherwise. */
const MAX_HELD = 65536
/** Where more pieces than this are held, smaller ones are put together: a program may write byte by byte. */
const FEW_PIECES = 16
const SHARED_ROOM = 4096
const TRAILERS = { head: 8192, fields: 50 }

/** What a body asks of the call that it belongs to. */
export interface BodyOwner {
  pause(): void
  resume(): void
  /** Whoever read it wants no more. */
  abandoned(): void
  /** More came than the head had said. */
  tooLong(): void
}

/**
 * The content of an answer while it comes from a back end. What came and was not pulled yet is held, and the back end is
 * asked for no more when that is much. It ends well only where the back end said so and the length is what the head said:
 * else it throws, and the client's answer breaks off.
 */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  /** Whether its last byte has come. */
  complete = false
  failure: Error | undefined = undefined
  /** Whether what comes is of interest to nobody: the answer to HEAD, or a 304. */
  discarding = false
  /** The fields behind it, once it is complete (RFC 9110 §6.5). */
  trailers: Headers | undefined = undefined
  readonly #owner: BodyOwner
  readonly #declared: number | undefined
  readonly #chunked: ChunkedDecoder | undefined
  readonly #mostHeld: number
  #held: Uint8Array[] = []
  #heldBytes = 0
  #small: Buffer | undefined = undefined
  #smallBytes = 0
  #received = 0
  #paused = false
  #closed = false
  #wake: (() => void) | undefined = undefined

  /**
   * @param declared Bytes by the head of the answer, where that says.
   * @param chunked Whether it is in chunks.
   * @param mostHeld Bytes that are held ahead of whoever reads.
   */
  constructor(owner: BodyOwner, declared: number | undefined, chunked: boolean, mostHeld: number = MAX_HELD) {
    this.#mostHeld = mostHeld
    this.#owner = owner
    this.#declared = declared
    this.#chunked = chunked ? new ChunkedDecoder(TRAILERS) : undefined
  }

  /** Whether nothing that may still come is of interest to anybody. */
  get satisfied(): boolean {
    return this.complete || this.discarding
  }

  /** All of it, where it is complete and nobody has read of it. */
  whole(): Uint8Array | undefined {
    if (!this.complete || this.#closed) return undefined
    this.#holdSmall()
    const [first] = this.#held
    return this.#held.length === 1 ? first : Buffer.concat(this.#held)
  }

  /** Whatever comes is of interest to nobody any more, and whoever sends it may do so to the end. */
  discard(): void {
    this.discarding = true
    this.#held = []
    this.#small = undefined
    this.#smallBytes = 0
    this.#heldBytes = 0
    if (!this.#paused) return
    this.#paused = false
    this.#owner.resume()
  }

  /** What came; it is copied. @throws ProtocolError where the chunks are none. */
  push(bytes: Uint8Array): void {
    if (bytes.byteLength === 0 || this.complete || this.failure !== undefined) return
    if (this.#chunked === undefined) this.#take(bytes)
    else this.#decode(this.#chunked, bytes)
  }

  /** The back end says that this was all. @param trailers The fields behind it, where the wire took the chunks off. */
  end(trailers?: Headers): void {
    if (this.complete || this.failure !== undefined) return
    const { done } = this.#chunked ?? { done: true }
    // The answer to HEAD has the fields of the one to GET, and nothing behind them (RFC 9110 §9.3.2).
    if (this.discarding) return this.#finish()
    this.trailers = trailers ?? (this.#chunked === undefined ? undefined : Headers.fromLines(this.#chunked.trailers))
    if (!done) return this.fail(badAnswer('the answer ended within its chunks'))
    if (this.#declared !== undefined && this.#received < this.#declared) {
      const sizes = `${this.#received} of the ${this.#declared} bytes that its head announced`
      return this.fail(badAnswer(`the answer ended after ${sizes}`))
    }
    this.#finish()
  }

  fail(error: Error): void {
    if (this.complete || this.failure !== undefined) return
    this.failure = error
    this.#notify()
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.#close()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      if (this.#held.length === 0) this.#holdSmall()
      const chunk = this.#held.shift()
      if (chunk !== undefined) {
        this.#heldBytes -= chunk.byteLength
        return { done: false, value: chunk }
      }
      if (this.failure !== undefined) throw this.failure
      if (this.complete || this.#closed) return { done: true, value: undefined }
      const came = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      if (this.#paused) {
        this.#paused = false
        this.#owner.resume()
      }
      await came
    }
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#held = []
    this.#small = undefined
    this.#smallBytes = 0
    this.#notify()
    if (!this.complete && this.failure === undefined) this.#owner.abandoned()
  }

  #take(bytes: Uint8Array): void {
    const room = this.#declared === undefined ? bytes.byteLength : this.#declared - this.#received
    this.#received += Math.min(room, bytes.byteLength)
    this.#keep(bytes.byteLength > room ? bytes.subarray(0, room) : bytes)
    if (this.discarding) return
    if (bytes.byteLength > room) this.#owner.tooLong()
    // The client has all that it waits for, however long the program lives on.
    if (this.#received === this.#declared) this.#finish()
  }

  #finish(): void {
    this.complete = true
    this.#notify()
  }

  #keep(piece: Uint8Array): void {
    if (this.discarding || this.#closed || piece.byteLength === 0) return
    if (this.#held.length >= FEW_PIECES && piece.byteLength < SHARED_ROOM) this.#share(piece)
    else {
      this.#holdSmall()
      // A copy: the next read of any connection takes its place.
      this.#held.push(Uint8Array.prototype.slice.call(piece))
    }
    this.#heldBytes += piece.byteLength
    if (this.#heldBytes >= this.#mostHeld && !this.#paused) {
      this.#paused = true
      this.#owner.pause()
    }
    this.#notify()
  }

  #share(piece: Uint8Array): void {
    if (this.#smallBytes + piece.byteLength > SHARED_ROOM) this.#holdSmall()
    this.#small ??= Buffer.allocUnsafe(SHARED_ROOM)
    this.#small.set(piece, this.#smallBytes)
    this.#smallBytes += piece.byteLength
  }

  #holdSmall(): void {
    if (this.#small === undefined) return
    this.#held.push(this.#small.subarray(0, this.#smallBytes))
    this.#small = undefined
    this.#smallBytes = 0
  }

  #decode(decoder: ChunkedDecoder, bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.byteLength && !decoder.done; ) {
        at = decoder.step(bytes, at)
        if (decoder.data !== undefined) this.#take(decoder.data)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.fail(badAnswer(`the answer is no chunked one: ${error.message}`))
    }
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}

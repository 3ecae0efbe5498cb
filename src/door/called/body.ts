import { HttpError } from '../../message/errors.ts'
import type { Headers } from '../../message/headers.ts'
import { HeldBody } from '../body.ts'

/** Room that small pieces share: else a web server that sends one byte a record would take a hundredfold. */
const SHARED_ROOM = 4096

/** What of a stream was read, and may be sent in addition. */
export interface Crediting {
  /** Bytes that may be sent ahead; Infinity where none are agreed. */
  readonly window: number
  consumed(bytes: number): void
  /** More came than that. @throws what ends the connection. */
  exceeded(): void
}

/** The content of a request as a web server sends it on, or the file that a FastCGI filter is to filter. */
export class StreamedBody extends HeldBody {
  readonly #crediting: Crediting
  /** Bytes that may still come. */
  #allowed: number
  /** Bytes that were read, and that the web server was not yet told of. */
  #freed = 0
  #small: Buffer | undefined = undefined
  #smallBytes = 0

  constructor(declared: number | undefined, crediting: Crediting) {
    super(declared)
    this.#crediting = crediting
    this.#allowed = crediting.window
  }

  /** The fields behind it: there are none in CGI, and some between our own ends. */
  trailers: Headers | undefined = undefined

  /** Takes a copy of a piece. What is more than was declared is dropped (RFC 3875 §4.2). @throws what `exceeded` throws. */
  feed(bytes: Uint8Array): void {
    this.#allowed -= bytes.byteLength
    if (this.#allowed < 0) this.#crediting.exceeded()
    const left = this.declared === undefined ? bytes.byteLength : this.declared - this.received
    const size = Math.min(left, bytes.byteLength)
    if (size === 0 || this.complete) return
    this.arrived(size)
    this.complete = this.received === this.declared
    if (!this.dropped) this.#take(bytes.subarray(0, size))
    this.notify()
  }

  /** The end of the stream. Where it came too early the client has gone: nobody may take it for the whole. */
  end(): void {
    if (this.complete) return
    if (this.declared !== undefined) {
      const detail = `The content has ${this.received} bytes, and ${this.declared} were announced.`
      return this.fail(new HttpError(400, { code: 'body-incomplete', detail }))
    }
    this.complete = true
    this.notify()
  }

  protected override pulled(bytes: number): void {
    this.#freed += bytes
    if (this.#freed < this.#crediting.window / 2 || this.complete || this.dropped) return
    this.#allowed += this.#freed
    this.#crediting.consumed(this.#freed)
    this.#freed = 0
  }

  protected override beforePull(): void {
    const small = this.#small
    if (small === undefined) return
    this.#small = undefined
    this.keep(small.subarray(0, this.#smallBytes))
  }

  #take(bytes: Uint8Array): void {
    const size = bytes.byteLength
    if (this.#small !== undefined && this.#smallBytes + size > this.#small.byteLength) this.beforePull()
    if (size >= SHARED_ROOM) return this.keep(Buffer.from(bytes))
    if (this.#small === undefined) {
      this.#small = Buffer.allocUnsafe(Math.max(size, Math.min(SHARED_ROOM, this.declared ?? SHARED_ROOM)))
      this.#smallBytes = 0
    }
    this.#small.set(bytes, this.#smallBytes)
    this.#smallBytes += size
  }
}

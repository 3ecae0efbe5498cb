import { HttpError } from '../message/errors.ts'
import type { Headers } from '../message/headers.ts'
import type { IncomingBody } from '../message/request.ts'

/** Bytes that are read ahead of the resource. */
export const MAX_HELD = 65536
/** What holding a piece costs beside its bytes: else a client that sends one byte at a time would take a hundredfold. */
export const PIECE_COST = 128

/** What a body asks of the connection that it arrives on. */
export interface BodySource {
  /** Somebody waits for bytes: read on, and tell a client that waits for it to continue. */
  wanted(): void
}

/**
 * The body of a request while it arrives: a connection feeds it, the resource pulls. What arrived and was not pulled
 * yet is held, and the connection sees to it that this is not much.
 */
export abstract class HeldBody implements IncomingBody {
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
  #held: Uint8Array[] = []
  #heldBytes = 0
  #dropped = false
  /** Ticks that somebody waited in all, and since the last piece. */
  #waited = 0
  #quiet = 0
  #wake: (() => void) | undefined = undefined

  /** @param declared The size in bytes, where it is known. */
  constructor(declared: number | undefined) {
    this.declared = declared
    this.complete = declared === 0
  }

  abstract get trailers(): Headers | undefined

  /** Whether enough is held: reading on would only fill memory. */
  get full(): boolean {
    return this.#heldBytes >= MAX_HELD
  }

  /** Whether nobody will read it any more. */
  get dropped(): boolean {
    return this.#dropped
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
    this.notify()
  }

  /** Nobody will read it any more: what is held and what comes is dropped. */
  drop(): void {
    this.#dropped = true
    this.#held = []
    this.#heldBytes = 0
    this.notify()
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
      this.beforePull()
      const chunk = this.#held.shift()
      if (chunk !== undefined) {
        this.#heldBytes -= chunk.byteLength + PIECE_COST
        this.pulled(chunk.byteLength)
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

  /** Somebody looks for a piece. */
  protected beforePull(): void {}

  /** A piece went to whoever reads. */
  protected pulled(_bytes: number): void {}

  /** Something came, or nothing more will: whoever waits goes on. */
  protected notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  /** So much came. */
  protected arrived(bytes: number): void {
    this.#quiet = 0
    this.received += bytes
  }

  /** Holds a piece until it is pulled. Its memory must be the body's own: the next read on any connection takes the place. */
  protected keep(piece: Uint8Array): void {
    this.#held.push(piece)
    this.#heldBytes += piece.byteLength + PIECE_COST
  }
}

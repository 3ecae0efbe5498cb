import { toBytes } from '../../message/body.ts'
import { HttpError } from '../../message/errors.ts'
import { checkFieldValue, isToken } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import type { IncomingBody } from '../../message/request.ts'
import { mayTrail } from '../../protocol/http1/trailers.ts'
import type { HostContent } from './request.ts'

type Piece = IteratorResult<Uint8Array, undefined>

/** The content of a request as the host gives it, piece by piece, which must be what the head says of it. */
export class HostBody implements IncomingBody {
  readonly declared: number | undefined
  limit: number = Number.POSITIVE_INFINITY
  used = false
  /** Bytes that were read. */
  received = 0
  readonly #content: HostContent
  #source: AsyncIterator<Uint8Array> | undefined = undefined
  #ended = false
  #dropped = false
  /** Why it will not be complete. */
  #failure: Error | undefined = undefined
  /** Tells whoever waits for a piece that none will come. */
  #fail: ((error: Error) => void) | undefined = undefined

  constructor(content: HostContent, declared: number | undefined) {
    this.#content = content
    this.declared = declared
  }

  /** Whether all of it was read. */
  get complete(): boolean {
    return this.#ended && this.#failure === undefined && !this.#dropped
  }

  get trailers(): Headers | undefined {
    const list = this.complete ? this.#content.trailers : undefined
    return list === undefined ? undefined : trailersOf(list)
  }

  /** The client has gone: whoever reads is told, though the host may never give another piece. */
  fail(error: Error): void {
    if (this.#ended) return
    this.#failure ??= error
    this.#fail?.(error)
  }

  /** Nobody will read it any more. */
  drop(): void {
    const source = this.#source
    if (this.#ended || source === undefined) return
    this.#ended = true
    this.#dropped = true
    try {
      Promise.resolve(source.return?.()).catch(ignore)
    } catch {
      // Like one that fails while it is given up.
    }
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

  async #next(): Promise<Piece> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended) return { done: true, value: undefined }
      const { done, value } = await this.#pull()
      if (done === true) return this.#whole()
      const piece = toBytes(value)
      this.received += piece.byteLength
      if (this.received > this.limit) throw this.#broken(new HttpError(413, { code: 'limits.body' }))
      if (this.declared !== undefined && this.received > this.declared) {
        throw this.#broken(lengthError(`more than the ${this.declared} bytes that were announced`))
      }
      if (piece.byteLength > 0) return { done: false, value: piece }
    }
  }

  /** The next piece, or the failure, whichever comes first. */
  #pull(): Promise<IteratorResult<Uint8Array, unknown>> {
    return new Promise((resolve, reject) => {
      this.#fail = reject
      try {
        this.#source ??= this.#content[Symbol.asyncIterator]()
        this.#source.next().then(resolve, (error) => reject(this.#broken(error)))
      } catch (error) {
        reject(this.#broken(error))
      }
    })
  }

  /** The end, unless it came too early: nobody may take a part for the whole. */
  #whole(): Piece {
    if (this.declared !== undefined && this.received < this.declared) {
      throw this.#broken(lengthError(`${this.received} bytes, and ${this.declared} were announced`))
    }
    this.#ended = true
    return { done: true, value: undefined }
  }

  /** A TypeError is a mistake of the host's own; all else is how a client's content breaks off. */
  #broken(error: unknown): Error {
    this.drop()
    this.#failure ??=
      error instanceof TypeError || error instanceof HttpError
        ? error
        : new HttpError(400, {
            code: 'body-incomplete',
            detail: 'The body of the request broke off.',
            cause: error,
          })
    return this.#failure
  }
}

function lengthError(found: string): HttpError {
  return new HttpError(400, { code: 'body-incomplete', detail: `The content has ${found}.` })
}

/** Without those that may not stand there (RFC 9110 §6.5.1), and those that are none. */
function trailersOf(list: readonly string[]): Headers {
  const kept: [string, string][] = []
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] ?? ''
    if (!isToken(name) || !mayTrail(name)) continue
    try {
      kept.push([name, checkFieldValue(name, list[i + 1] ?? '')])
    } catch {
      // A value that could split a message goes no further.
    }
  }
  return new Headers(kept)
}

function ignore(): void {}

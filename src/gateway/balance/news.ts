import type { HttpError } from '../../message/errors.ts'
import type { Exchange } from '../../message/exchange.ts'

/** Milliseconds from one telling of a back end to the next: one that fails now and then must not fill the log. */
const APART = 30_000

/** What the log is told of one of several back ends: once that it is left alone, and once that it answers again. */
export class News {
  /** When it was told that it is left alone, by `performance.now()`. */
  #told = Number.NEGATIVE_INFINITY
  #isLeft = false

  /** @param why Undefined where it gave no answer in time. */
  left(upstream: string, why: HttpError | undefined, exchange: Exchange): void {
    const now = performance.now()
    if (this.#isLeft || now - this.#told < APART) return
    this.#isLeft = true
    this.#told = now
    exchange.report('warn', 'A back end is left alone for a while, and others answer.', {
      upstream,
      why: reasonOf(why),
    })
  }

  returned(upstream: string, exchange: Exchange): void {
    if (!this.#isLeft) return
    this.#isLeft = false
    exchange.report('info', 'A back end answers again.', { upstream })
  }
}

function reasonOf(why: HttpError | undefined): string {
  if (why === undefined) return 'it gave no answer in time'
  return why.cause instanceof Error ? why.cause.message : why.message
}

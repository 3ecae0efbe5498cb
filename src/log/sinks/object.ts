import { branded, HTTP_ERROR } from '../../message/brands.ts'
import { HttpError } from '../../message/errors.ts'
import type { Report } from '../../message/exchange.ts'
import type { ObjectServer } from '../../object/server.ts'
import type { Batch } from './batch.ts'
import { type Outlet, Undeliverable } from './outlet.ts'

/** How long an object may take for a batch, in milliseconds. */
const PATIENCE = 30_000
/** How often an object is given a batch that it may have had: one that ends its process would end the next one too. */
const TRIES = 3
/** Answers by which an object says that it will never take this batch: it is none, or too long; or that there is no such thing as a log. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 501])
/** Answers that say that nobody has begun with it. */
const UNBEGUN: ReadonlySet<number> = new Set([404, 503])

/** An object that logs, as whoever writes to it knows it. */
export interface LoggerObject {
  /** `log@paul`. */
  readonly address: string
  readonly object: string
  readonly server: Pick<ObjectServer, 'log'>
}

/**
 * An object as a Logger: it is told of exchanges as lines of JSON, a batch at a time. A batch whose answer does not come is sent
 * again, so it may have a record twice.
 */
export class ObjectOutlet implements Outlet {
  readonly #to: LoggerObject
  readonly #report: Report
  readonly #patience: number
  /** The batch that it may have had, and how often it was sent. */
  #unsure: Batch | undefined
  #times = 0

  /** @param patience How long a batch may take, in milliseconds. */
  constructor(to: LoggerObject, report: Report, patience: number = PATIENCE) {
    this.#to = to
    this.#report = report
    this.#patience = patience
  }

  async send(batch: Batch): Promise<void> {
    const { object, server, address } = this.#to
    try {
      await within(this.#patience, server.log(object, batch.text))
    } catch (error) {
      const status = branded(error, HTTP_ERROR) ? (error as HttpError).status : 500
      const why = reasonOf(error)
      if (REFUSED.has(status)) throw new Undeliverable(why, { cause: error })
      if (UNBEGUN.has(status)) throw new Error(why, { cause: error })
      if (status === 502 || status === 504) this.#sendAgain(batch, why, error)
      // It was told of all of them, and that is all that it can be.
      else this.#report('error', 'A logger failed.', { log: address, error })
    }
    this.#unsure = undefined
  }

  async close(): Promise<void> {}

  /** @throws Error, or Undeliverable where it has been sent often enough. */
  #sendAgain(batch: Batch, why: string, cause: unknown): never {
    this.#times = this.#unsure === batch ? this.#times + 1 : 1
    this.#unsure = batch
    if (this.#times < TRIES) throw new Error(why, { cause })
    this.#unsure = undefined
    throw new Undeliverable(`${why}, ${TRIES} times`, { cause })
  }
}

/** What lies behind an answer of the gateway says more than its status. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message : message
}

async function within(patience: number, told: Promise<void>): Promise<void> {
  let late: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    const why = `the object has not ended after ${patience / 1000} seconds`
    late = setTimeout(() => reject(new HttpError(504, { cause: new Error(why) })), patience).unref()
  })
  try {
    await Promise.race([told, tooLate])
  } finally {
    clearTimeout(late)
  }
}

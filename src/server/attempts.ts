import {
  type Attempt,
  type Attempts,
  LocalAttempts,
  type Login,
  type Outcome,
  type Refusal,
} from '../access/attempts.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** Those of all workers together, in the primary. */
const all = new LocalAttempts()

/** How many tries of one worker may be under way; one that was taken over could fill the memory of the primary. */
const MOST = 10_000

/** The tries of one worker, as the primary knows them. */
export class HeardAttempts {
  readonly #tell: (message: ToWorker) => void
  readonly #under = new Map<number, Attempt>()

  constructor(tell: (message: ToWorker) => void) {
    this.#tell = tell
  }

  heard(message: Extract<FromWorker, { readonly is: 'trying' | 'tried' }>): void {
    const { id } = message
    if (message.is === 'tried') {
      this.#under.get(id)?.end(message.outcome)
      this.#under.delete(id)
      return
    }
    if (this.#under.size >= MOST) {
      this.#tell({ do: 'try', id, refused: { limit: 'address', seconds: 1, first: false } })
      return
    }
    const attempt = all.begin(message.login, message.most)
    if (attempt.refused === undefined) {
      this.#under.get(id)?.end('failed')
      this.#under.set(id, attempt)
    }
    this.#tell({ do: 'try', id, ...(attempt.refused !== undefined && { refused: attempt.refused }) })
  }

  /** The worker has ended: nobody knows how its tries went, so they failed. */
  endAll(): void {
    for (const attempt of this.#under.values()) attempt.end('failed')
    this.#under.clear()
  }
}

/** Tries in a worker: the primary counts them. */
export class AskedAttempts implements Attempts {
  readonly #tell: (message: FromWorker) => void
  readonly #waiting = new Map<number, (refused: Refusal | undefined) => void>()
  #last = 0
  #gone = false

  constructor(tell: (message: FromWorker) => void) {
    this.#tell = tell
  }

  begin(login: Login, most: number): Promise<Attempt> {
    return new Promise((resolve) => {
      const id = ++this.#last
      const end = (outcome: Outcome): void => this.#tell({ is: 'tried', id, outcome })
      this.#waiting.set(id, (refused) => resolve({ refused, end: refused === undefined ? end : () => undefined }))
      if (this.#gone) this.answered(id, UNKNOWN)
      else this.#tell({ is: 'trying', id, login, most })
    })
  }

  answered(id: number, refused: Refusal | undefined): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.(refused)
  }

  /** The primary has gone: nobody waits for ever, and nobody guesses uncounted. */
  refuseAll(): void {
    this.#gone = true
    for (const id of [...this.#waiting.keys()]) this.answered(id, UNKNOWN)
  }
}

const UNKNOWN: Refusal = { limit: 'address', seconds: 1, first: false }

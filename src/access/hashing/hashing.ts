import { Worker } from 'node:worker_threads'
import { HttpError } from '../../message/errors.ts'
import type { PasswordHash } from '../stores/hashes.ts'
import type { Question, Told } from './thread.ts'

/** Passwords that may wait: of bcrypt with a cost of 10, four seconds' worth. */
const MOST = 64
/** Seconds after which somebody may try again. */
const RETRY_AFTER = '2'

interface Waiting {
  readonly resolve: (matched: boolean) => void
  readonly reject: (error: HttpError) => void
}

/**
 * Compares passwords with hashes in a thread of its own, so that nobody else waits: one after the other, which also bounds
 * what of the machine they take. The thread starts with the first one, and keeps no process from ending.
 */
export class Hashing {
  readonly #most: number
  readonly #entry: URL
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #last = 0

  /** @param most How many may wait. @param entry The module that the thread runs. */
  constructor(most: number = MOST, entry: URL = new URL('./thread.js', import.meta.url)) {
    this.#most = most
    this.#entry = entry
  }

  /** Whether a password is the one that was hashed. @throws HttpError 503 where too many wait, or the thread ends. */
  async matches(password: string, hash: PasswordHash): Promise<boolean> {
    if (this.#waiting.size >= this.#most) {
      throw unavailable('logins-full', 'Too many log in at this moment. Try again in some seconds.')
    }
    this.#thread ??= this.#start()
    this.#thread.ref()
    const id = ++this.#last
    this.#thread.postMessage({ id, password, hash } satisfies Question)
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #start(): Worker {
    // Nothing of how this process was started is for it, preloaded modules and loaders neither.
    const thread = new Worker(this.#entry, { name: 'oriel-hashing', execArgv: [], env: {} })
    let cause: unknown
    thread.on('message', ({ id, matched }: Told) => {
      const asked = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) thread.unref()
      asked?.resolve(matched)
    })
    thread.on('error', (error) => {
      cause = error
    })
    thread.on('exit', () => this.#ended(thread, cause))
    return thread
  }

  /** All that waited are told; the next one starts another thread. */
  #ended(thread: Worker, cause: unknown): void {
    if (this.#thread === thread) this.#thread = undefined
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of all) {
      reject(
        unavailable('logins-failed', 'Passwords cannot be checked at this moment. Try again in some seconds.', cause),
      )
    }
  }
}

/** The one of this process. */
export const hashing: Hashing = new Hashing()

function unavailable(code: string, detail: string, cause?: unknown): HttpError {
  return new HttpError(503, { code, detail, headers: { 'Retry-After': RETRY_AFTER }, cause })
}

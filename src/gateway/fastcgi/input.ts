import type { Headers } from '../../message/headers.ts'
import { DATA, STDIN } from '../../protocol/fastcgi/codes.ts'
import type { Content } from '../call.ts'
import { type Fed, type Feeding, feed, feedAtOnce } from '../feed.ts'
import type { ApplicationConnection } from './connection.ts'
import type { Question } from './question.ts'
import { Sending } from './sending.ts'

/** Who is told of what a request sends. */
export interface InputEvents {
  /** All that was written was taken. */
  inputTaken(): void
  /** The file for a Filter could not be read: half of one must not be taken for it. */
  inputFailed(cause: unknown): void
}

/** What a request sends behind its variables: its content, and for a Filter the file that it filters (§6.4). */
export class Input implements Feeding {
  wantsNoMore = false
  readonly #question: Question
  readonly #events: InputEvents
  #connection: ApplicationConnection | undefined = undefined
  #sending: Sending | undefined = undefined
  /** What was written before there was a connection. */
  #early: (Uint8Array | undefined)[] = []
  #trailers: Headers | undefined = undefined
  /** Whether somebody waits until all was taken; of the file it is this function. */
  #awaited = false
  #dataTaken: (() => void) | undefined = undefined

  constructor(question: Question, events: InputEvents) {
    this.#question = question
    this.#events = events
  }

  /** There is a connection. */
  begin(connection: ApplicationConnection, id: number): void {
    this.#connection = connection
    this.#sending = new Sending(id, connection.output, connection.window)
    const early = this.#early
    this.#early = []
    for (const bytes of early) {
      if (bytes === undefined) this.end(this.#trailers)
      else this.#sending.send(STDIN, bytes)
    }
    // Later, for the one who wrote it may not wait yet.
    if (this.#awaited) setImmediate(() => this.drained())
  }

  write(bytes: Uint8Array): boolean {
    if (this.wantsNoMore) return true
    if (this.#sending === undefined) {
      this.#early.push(bytes)
      this.#awaited = true
      return false
    }
    this.#sending.send(STDIN, bytes)
    return this.#taken()
  }

  /** @param trailers The fields behind the content, which only object servers have a place for. */
  end(trailers?: Headers): void {
    if (this.wantsNoMore) return
    if (this.#sending === undefined) {
      this.#early.push(undefined)
      this.#trailers = trailers
      return
    }
    const { objects = false, window = 0 } = this.#connection ?? {}
    if (objects && window > 0 && trailers !== undefined) this.#sending.trailers(trailers)
    this.#sending.send(STDIN, undefined)
    if (this.#question.role === 'Filter') this.#filter(this.#question.data)
  }

  /** The application has read so many bytes more. */
  credit(bytes: number): void {
    this.#sending?.credit(bytes)
    this.drained()
  }

  drained(): void {
    if (!this.#awaited || this.wantsNoMore || !this.#taken()) return
    this.#awaited = false
    if (this.#dataTaken === undefined) this.#events.inputTaken()
    else this.#dataTaken()
  }

  /** Nothing more is sent. */
  stop(): void {
    this.wantsNoMore = true
    this.#dataTaken?.()
  }

  progressed(): void {}

  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#dataTaken = resolve
    })
  }

  /** Whether all that was given is taken; if not, `drained` is called when there is room. */
  #taken(): boolean {
    const sending = this.#sending
    if (sending === undefined || sending.taken) return true
    this.#awaited = true
    if (!sending.waiting) this.#connection?.awaitDrain(this)
    return false
  }

  #filter(data: Content | undefined): void {
    const wire: Fed = {
      fed: false,
      write: (bytes) => {
        this.#sending?.send(DATA, bytes)
        return this.#taken()
      },
      endInput: () => {
        if (!this.wantsNoMore) this.#sending?.send(DATA, undefined)
      },
    }
    if (feedAtOnce(wire, data) || data === undefined) return
    feed(wire, data, this).catch((cause) => {
      if (!this.wantsNoMore) this.#events.inputFailed(cause)
    })
  }
}

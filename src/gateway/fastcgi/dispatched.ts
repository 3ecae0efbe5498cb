import { AnswerBody, type BodyOwner } from '../answer-body.ts'
import type { CallEnd, CgiEvents, Content, Wire } from '../call.ts'
import { type Feeding, feed, feedAtOnce } from '../feed.ts'
import type { DispatchedAnswer, RequestEnd } from './dispatched-answer.ts'
import type { Question } from './question.ts'

/** How often a request is sent that no application has begun with. */
const MAX_TRIES = 5
/** Bytes of the error output that are kept. */
const MAX_STDERR = 65536
const COMPLETE: RequestEnd = { appStatus: 0, protocolStatus: 0 }

/** A request of a Dispatcher, and its answer. */
export class Dispatched implements CgiEvents, DispatchedAnswer, BodyOwner, Feeding {
  readonly stdout: AnswerBody = new AnswerBody(this, undefined, false)
  readonly stderr: Promise<string>
  readonly end: Promise<RequestEnd>
  wantsNoMore = false
  readonly #open: (events: CgiEvents) => Wire
  readonly #content: Content | undefined
  #wire: Wire | undefined = undefined
  #tries = 0
  #touched = false
  #errors = ''
  #tellErrors: (text: string) => void = () => {}
  #resolve: (end: RequestEnd) => void = () => {}
  #reject: (error: Error) => void = () => {}
  #drained: (() => void) | undefined = undefined

  constructor(open: (events: CgiEvents) => Wire, { content }: Question) {
    this.#open = open
    this.#content = content
    this.stderr = new Promise((resolve) => {
      this.#tellErrors = resolve
    })
    this.end = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Who only reads `stdout` hears of it there.
    this.end.catch(() => {})
    this.#try()
  }

  abort(): void {
    if (this.wantsNoMore) return
    this.#wire?.abort()
    this.#finish(new Error('the request was aborted'), COMPLETE)
  }

  output(bytes: Uint8Array): void {
    this.#touched = true
    this.stdout.push(bytes)
  }

  errorOutput(bytes: Uint8Array): void {
    const room = MAX_STDERR - this.#errors.length
    if (room > 0) this.#errors += Buffer.from(bytes.subarray(0, room)).toString('latin1')
  }

  drained(): void {
    this.#drained?.()
  }

  inputClosed(): void {}

  ended({ error, again, said }: CallEnd): void {
    const mayTry = again === true && !this.#touched && this.#content?.source === undefined
    if (mayTry && this.#tries < MAX_TRIES) return this.#try()
    const { cause } = error ?? {}
    this.#finish(cause instanceof Error ? cause : error, { ...COMPLETE, ...said })
  }

  pause(): void {
    this.#wire?.pause()
  }

  resume(): void {
    this.#wire?.resume()
  }

  abandoned(): void {
    this.abort()
  }

  tooLong(): void {}

  progressed(): void {}

  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve
    })
  }

  #try(): void {
    this.#tries++
    const wire = this.#open(this)
    this.#wire = wire
    if (feedAtOnce(wire, this.#content) || this.#content === undefined) return
    feed(wire, this.#content, this).catch((error: Error) => {
      wire.abort()
      this.#finish(error, COMPLETE)
    })
  }

  #finish(error: Error | undefined, end: RequestEnd): void {
    if (this.wantsNoMore) return
    this.wantsNoMore = true
    this.drained()
    this.#tellErrors(this.#errors)
    if (error === undefined) {
      this.stdout.end()
      this.#resolve(end)
    } else {
      this.stdout.fail(error)
      this.#reject(error)
    }
  }
}

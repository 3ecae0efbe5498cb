import { HttpError } from '../message/errors.ts'
import { isBodiless } from '../message/status.ts'
import { CgiFault, type CgiHead, CgiHeadReader } from '../protocol/cgi/head.ts'
import { AnswerBody, type BodyOwner } from './answer-body.ts'
import {
  badAnswer,
  type Call,
  type CallEnd,
  type CallEvents,
  GatewayFault,
  noTurn,
  type Open,
  type Switched,
  told,
  type Wire,
} from './call.ts'
import { unwatch, type Watched, watch } from './clock.ts'
import { type Feeding, feed, feedAtOnce } from './feed.ts'
import { type AnswerFraming, bodyFraming } from './framing.ts'
import { passed } from './passed.ts'
import { type GatewayTimeouts, Patience } from './patience.ts'
import { StderrLines } from './stderr-lines.ts'
import { noteBackend } from './told-of.ts'

export interface ExchangeOptions {
  readonly timeouts: GatewayTimeouts
  /** What the log names the back end by: its program, its address. */
  readonly name: string
  /** Bytes of the answer that are held ahead of a slow client. */
  readonly buffer?: number | undefined
}

/** What a back end answered: its head, and its content as it comes. */
export interface GatewayAnswer {
  readonly head: CgiHead
  readonly body: AnswerBody
  /** Where the back end has switched the protocol. */
  readonly switched: Switched | undefined
}

/** How often a request is tried where back ends do not begin with it. */
const MAX_TRIES = 5
/** Bytes that a back end may send for nobody: to HEAD, behind a redirect within the site, behind its own Content-Length. */
const MAX_UNWANTED = 1024 * 1024

/**
 * Has a back end answer a request, over whatever wire. A call that it had not begun with is opened once more.
 * @throws HttpError 502 where the answer is none, 503 where nobody takes the call, 504 where time is up.
 */
export function exchange(open: Open, call: Call, options: ExchangeOptions): Promise<GatewayAnswer> {
  return new Promise((resolve, reject) => new GatewayExchange(open, call, options, resolve, reject).start())
}

/** One request and its answer on a back end. */
class GatewayExchange implements CallEvents, BodyOwner, Watched, Feeding {
  watchedAt = -1
  /** Whether the back end has nothing more to say, or nobody listens. */
  #over = false
  readonly #open: Open
  readonly #call: Call
  readonly #options: ExchangeOptions
  readonly #resolve: (answer: GatewayAnswer) => void
  readonly #reject: (error: unknown) => void
  #wire: Wire | undefined = undefined
  #tries = 0
  #head = new CgiHeadReader()
  #body: AnswerBody | undefined = undefined
  #stderr: StderrLines | undefined = undefined
  /** Whether the back end has sent anything, and whether the content of the request can be sent no second time. */
  #touched = false
  #spent = false
  /** What it said at its end. */
  #said: CallEnd['said'] = undefined
  #inputClosed = false
  #paused = false
  #unwanted = 0
  readonly #patience: Patience
  #drained: (() => void) | undefined = undefined

  constructor(
    open: Open,
    call: Call,
    options: ExchangeOptions,
    resolve: (answer: GatewayAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#open = open
    this.#call = call
    this.#options = options
    this.#patience = new Patience(options.timeouts)
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    watch(this)
    this.#try()
    this.#call.request.onAbort((reason) => this.#stop(reason))
  }

  output(bytes: Uint8Array): void {
    if (this.#over) return
    this.#touched = true
    if (this.#body?.satisfied === true) return this.#drop(bytes)
    // A head that comes drop by drop is no head in time.
    if (this.#body !== undefined) this.#patience.refresh()
    try {
      if (this.#body !== undefined) this.#body.push(bytes)
      else this.#readHead(bytes)
    } catch (error) {
      if (!(error instanceof CgiFault)) throw error
      this.#stop(this.#bad(error.message))
    }
    if (this.#body?.failure !== undefined) this.#stop(this.#body.failure)
  }

  answered(head: CgiHead, framing: AnswerFraming, switched?: Switched): void {
    if (this.#over) return
    this.#touched = true
    if (switched !== undefined) this.#switch(head, switched)
    else if (head.status !== undefined && head.status < 200) this.#inform(head.status, head)
    else this.#begin(head, framing)
  }

  errorOutput(bytes: Uint8Array): void {
    const { exchange } = this.#call.connection
    this.#stderr ??= new StderrLines((level, event, fields) => exchange.report(level, event, fields), this.#about())
    this.#stderr.push(bytes)
  }

  begun(): void {
    this.#patience.refresh()
  }

  drained(): void {
    this.#drained?.()
    this.#drained = undefined
  }

  inputClosed(): void {
    this.#inputClosed = true
    this.drained()
  }

  ended({ error, again, said, trailers }: CallEnd): void {
    if (this.#over) return
    this.#said = said
    if (again === true && !this.#touched && !this.#spent && this.#tries < MAX_TRIES) return this.#try()
    this.#call.over?.({ error, said })
    if (error !== undefined) return this.#finish(error)
    if (this.#body !== undefined) {
      this.#body.end(trailers)
      return this.#finish(this.#body.failure)
    }
    const { begun, firstLine } = this.#head
    const how = begun ? `within its head, which begins ${JSON.stringify(firstLine)}` : 'without a word'
    this.#finish(this.#bad(`it ended ${how}${said === undefined ? '' : ` (${told(said)})`}`))
  }

  pause(): void {
    this.#paused = true
    this.#wire?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#patience.refresh()
    this.#wire?.resume()
  }

  abandoned(): void {
    if (this.#body?.discarding !== true) this.#stop(undefined)
  }

  tooLong(): void {
    this.#call.connection.exchange.report('warn', 'An answer was cut to the length that its head said.', this.#about())
  }

  tick(): void {
    const state = this.#body === undefined ? 'head' : this.#paused || this.#body.complete ? 'paused' : 'content'
    const limit = this.#patience.tick(state)
    if (limit !== undefined) this.#late(limit)
  }

  get wantsNoMore(): boolean {
    return this.#over || this.#inputClosed
  }

  progressed(): void {
    this.#patience.refresh()
  }

  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve
    })
  }

  #try(): void {
    this.#tries++
    this.#patience.refresh()
    this.#inputClosed = false
    const { content } = this.#call
    const wire = this.#open(this.#call, this)
    this.#wire = wire
    if (this.#over || feedAtOnce(wire, content) || content === undefined) return
    this.#spent = content.source !== undefined
    feed(wire, content, this).catch((error) => this.#stop(error))
  }

  /** The client has its answer and may be gone: nothing else would end a program that goes on without end. */
  #drop(bytes: Uint8Array): void {
    this.#unwanted += bytes.byteLength
    if (this.#unwanted > MAX_UNWANTED) this.#stop(undefined)
  }

  /** Informational answers are passed on, and the head of another one follows them (RFC 9110 §15.2). */
  #readHead(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; ) {
      at = this.#head.take(bytes, at)
      if (at < 0) return
      const head = this.#head.parse()
      if (head.status !== undefined && head.status < 200) {
        this.#inform(head.status, head)
        continue
      }
      this.#begin(head, bodyFraming(head.headers))
      this.#body?.push(bytes.subarray(at))
      return
    }
  }

  #inform(status: number, { headers }: CgiHead): void {
    if (this.#call.asked !== true) this.#call.connection.inform(status, passed(headers))
  }

  /** From here on it is not ours. */
  #switch(head: CgiHead, switched: Switched): void {
    const body = new AnswerBody(this, 0, false)
    body.end()
    this.#resolve({ head, body, switched })
    this.#finish(undefined)
  }

  #begin(head: CgiHead, { declared, chunked }: AnswerFraming): void {
    const { request, connection } = this.#call
    const body = new AnswerBody(this, declared, chunked, this.#options.buffer)
    body.discarding = request.method === 'HEAD' || (head.status !== undefined && isBodiless(head.status))
    this.#body = body
    this.#patience.refresh()
    if (head.dropped.length > 0) {
      connection.exchange.report('warn', 'A line in the head of an answer is no field and was left out.', {
        ...this.#about(),
        lines: head.dropped,
      })
    }
    // Whoever waits goes on when this read is through: a small answer is complete then.
    this.#resolve({ head, body, switched: undefined })
  }

  #late(limit: keyof GatewayTimeouts): void {
    const milliseconds = this.#options.timeouts[limit]
    if (this.#wire?.waiting === true) return this.#stop(noTurn(this.#options.name, milliseconds))
    const cause = new GatewayFault(`${this.#options.name}: no answer within ${milliseconds} ms (timeouts.${limit})`)
    this.#stop(new HttpError(504, { code: `timeouts.${limit}`, cause }), true)
  }

  /** Ends the call from our side. */
  #stop(error: unknown, late?: boolean): void {
    if (this.#over) return
    this.#call.over?.({ error: error ?? this.#bad('it was not heard to its end') })
    this.#finish(error)
    this.#wire?.abort(late)
  }

  #finish(error: unknown): void {
    this.#over = true
    unwatch(this)
    this.drained()
    this.#stderr?.end()
    noteBackend(this.#call.connection.exchange, this.#wire, this.#said, this.#stderr, this.#tries)
    this.#call.content?.close()
    this.#call.data?.close()
    if (error === undefined) return
    if (this.#body === undefined) this.#reject(error)
    else this.#body.fail(error instanceof Error ? error : badAnswer(String(error)))
  }

  #bad(what: string): HttpError {
    return badAnswer(`${this.#options.name}: ${what}`)
  }

  #about(): Record<string, unknown> {
    const { method, target } = this.#call.request
    return { method, uri: target, program: this.#options.name }
  }
}

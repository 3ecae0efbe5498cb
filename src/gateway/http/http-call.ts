import type { HttpError } from '../../message/errors.ts'
import type { Headers } from '../../message/headers.ts'
import type { AnswerEnd } from '../../protocol/http1/answer-framing.ts'
import type { AnswerHead } from '../../protocol/http1/answer-head.ts'
import { chunkStart, framingLines, lastChunk } from '../../protocol/http1/request-framing.ts'
import { COPIED } from '../address.ts'
import { badAnswer, type Call, type CallEnd, type CallEvents, type Switched, type Wire } from '../call.ts'
import type { AnswerFraming } from '../framing.ts'
import { connectError } from './connect-error.ts'
import type { Loss, Traveller, UpstreamConnection } from './connection.ts'

/** Where a call is taken: the pool of one upstream. */
export interface Place {
  /** The upstream, for the log. */
  readonly name: string
  /** The call waits no longer, for nobody wants its answer. */
  forget(call: HttpCall): void
  /** The queue of the upstream is full: has the call wait. Returns false where it has been full for too long. */
  postpone(call: HttpCall): boolean
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/

const UNFRAMED: AnswerFraming = { declared: undefined, chunked: false }
const WHOLE: CallEnd = {}

/** One request, from when it is given to a pool to the end of its answer. */
export class HttpCall implements Wire, Traveller {
  readonly fed: boolean
  /** Whether it waits for a connection. */
  waiting = false
  /** Whether the whole of the request was sent. */
  sent = false
  readonly #call: Call
  readonly #events: CallEvents
  readonly #place: Place
  readonly #size: number | 'chunked' | 'none'
  #connection: UpstreamConnection | undefined = undefined
  /** What was written before there was a connection. */
  #early: Uint8Array[] | undefined = undefined
  #ended: { readonly trailers: Headers | undefined } | undefined = undefined
  #awaited = false
  /** Whether the upstream takes no more of the content. */
  #refused = false
  #touched = false
  /** The head of an answer that switches the protocol. */
  #switch: AnswerHead | undefined = undefined
  /** Whether nobody waits for the answer any more. */
  #over = false

  constructor(call: Call, events: CallEvents, place: Place) {
    const { content } = call
    this.#call = call
    this.#events = events
    this.#place = place
    this.fed = content === undefined || content.bytes !== undefined
    this.#size = content === undefined ? 'none' : (content.bytes?.byteLength ?? content.size ?? 'chunked')
  }

  get process(): string {
    return this.#place.name
  }

  /** Whether it may be sent a second time, since that does no more than once (RFC 9110 §9.2.2). */
  get idempotent(): boolean {
    return IDEMPOTENT.test(this.#call.request.method)
  }

  /** Sends it: all that is at hand in one write. @param close Whether the connection is to be closed after it. */
  begin(connection: UpstreamConnection, close: boolean): void {
    const { request, content, upgrade, takesTrailers = false } = this.#call
    this.#connection = connection
    connection.begin(this, request.method, upgrade)
    const framing = { method: request.method, content: this.#size, close, upgrade, trailers: takesTrailers }
    const head = `${this.#call.lines ?? ''}${framingLines(framing)}`
    this.sent = this.fed
    if (content?.bytes === undefined) connection.output.text(head)
    else connection.output.bytes(head, content.bytes, '')
    if (this.waiting) this.#itsTurn()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over || this.#refused) return true
    if (this.#connection === undefined) {
      this.#early ??= []
      this.#early.push(bytes)
      this.#awaited = true
      return false
    }
    return this.#send(this.#connection, bytes)
  }

  endInput(trailers?: Headers): void {
    if (this.#over || this.#refused || this.sent) return
    this.#ended = { trailers }
    if (this.#connection !== undefined) this.#finish(this.#connection)
  }

  pause(): void {
    if (!this.#over) this.#connection?.pause()
  }

  resume(): void {
    if (!this.#over) this.#connection?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    if (this.#connection === undefined) this.#place.forget(this)
    else this.#connection.drop()
  }

  head(head: AnswerHead, end: AnswerEnd): void {
    this.#touched = true
    // Told by `switched`, with the socket.
    if (head.status === 101) {
      this.#switch = head
      return
    }
    this.#events.answered(head, typeof end === 'number' ? { declared: end, chunked: false } : UNFRAMED)
    // It wants no more of the content (RFC 9112 §9.5). Other answers may come while it goes on reading.
    if (head.status >= 400 && !this.sent && !this.#over) this.#refuse()
  }

  content(bytes: Uint8Array): void {
    this.#events.output(bytes)
  }

  complete(trailers: Headers | undefined): void {
    if (!this.#over) this.#end(trailers === undefined ? WHOLE : { trailers })
  }

  switched(to: Switched): void {
    if (this.#over || this.#switch === undefined) return
    this.#over = true
    this.#events.answered(this.#switch, UNFRAMED, to)
  }

  lost({ connect, fault, stale, unwritten }: Loss): void {
    if (this.#over) return
    const { name } = this.#place
    if (connect !== undefined) return this.#notConnected(connect)
    if (fault !== undefined) return this.#end({ error: badAnswer(`${name}: it broke the protocol: ${fault}`) })
    const error = badAnswer(`${name}: it closed the connection ${this.#touched ? 'within its' : 'without an'} answer`)
    // It may have closed a connection that it had kept before the request came to it; one write goes whole or not at all.
    const again = stale && (this.idempotent || (unwritten && this.#small))
    this.#end({ error, again })
  }

  drained(): void {
    if (!this.#awaited || this.#over) return
    this.#awaited = false
    this.#events.drained()
  }

  /** Nobody takes it. @param error What the client is told. */
  notTaken(error: HttpError): void {
    if (!this.#over) this.#end({ error, unbegun: true })
  }

  /** Whether all of it is one write. */
  get #small(): boolean {
    return this.fed && (this.#size === 'none' || Number(this.#size) <= COPIED)
  }

  #notConnected(code: string): void {
    if (code === 'EAGAIN' && this.fed && this.#place.postpone(this)) {
      this.#connection = undefined
      this.sent = false
      this.waiting = true
      return
    }
    this.notTaken(connectError(this.#place.name, code))
  }

  #itsTurn(): void {
    this.waiting = false
    this.#events.begun?.()
    const connection = this.#connection
    if (connection === undefined || this.#over) return
    const early = this.#early ?? []
    this.#early = undefined
    let taken = true
    for (const bytes of early) taken = this.#send(connection, bytes)
    if (this.#ended !== undefined) this.#finish(connection)
    // Later, for the one who wrote it may not wait yet.
    if (taken && this.#awaited) setImmediate(() => this.drained())
  }

  #send({ output }: UpstreamConnection, bytes: Uint8Array): boolean {
    if (this.#size === 'chunked') output.bytes(chunkStart(bytes.byteLength), bytes, '\r\n')
    else output.bytes('', bytes, '')
    if (output.taken) return true
    this.#awaited = true
    this.#connection?.awaitDrain()
    return false
  }

  #finish({ output }: UpstreamConnection): void {
    if (this.#size === 'chunked') output.text(lastChunk(this.#ended?.trailers))
    this.sent = true
  }

  /** Nothing more of the content is sent; the connection is closed behind the answer. */
  #refuse(): void {
    this.#refused = true
    this.#awaited = false
    this.#events.inputClosed()
  }

  #end(end: CallEnd): void {
    this.#over = true
    this.#events.ended(end)
  }
}

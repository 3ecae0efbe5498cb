import { cancelBody, isAsyncIterable, isSized, release } from '../../message/body.ts'
import { Connection, type Informer } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { Exchange } from '../../message/exchange.ts'
import type { Headers } from '../../message/headers.ts'
import type { Request } from '../../message/request.ts'
import type { Response, UpgradedSocket } from '../../message/response.ts'
import type { RequestHead } from '../../protocol/http1/request-head.ts'
import { interimHead } from '../../protocol/http1/response-head.ts'
import type { Site } from '../../site/site.ts'
import type { BodySource } from '../body.ts'
import { ClientGone } from '../client-gone.ts'
import { clientOf } from '../forwarded.ts'
import { type Answering, answerWhenMade } from '../when-made.ts'
import { type Answer, answerOf, upgradeHead } from './answer.ts'
import type { ArrivingBody } from './body.ts'
import { asksUpgrade, expectsContinue, requestOf, wantsKeepAlive } from './received.ts'
import { lastChunk, streamBody } from './stream.ts'
import type { Wire } from './wire.ts'

/** Bytes of an unread body that are read and dropped to save the connection. */
const MAX_DRAINED = 65536
/**
 * Ticks after which a client that ended its side is asked whether it is still there, and between later askings. The first
 * time one that has gone answers by a reset, which no read is there to see: the second write finds it.
 */
const PROBE_AFTER = 2
const PROBE_AGAIN = 30

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** One request on an HTTP/1 connection, and its answer. */
export class Http1Exchange implements Answering, BodySource, Informer {
  readonly method: string
  /** The minor version of the request. */
  readonly minor: number
  readonly body: ArrivingBody | null
  /** Whether the connection goes on after this exchange. */
  keepAlive: boolean
  readonly #wire: Wire
  readonly #site: Site
  readonly #request: Request
  readonly #connection: Connection
  readonly #record: Exchange
  readonly #upgradeAsked: boolean
  readonly #bytesBefore: number
  #awaitsContinue: boolean
  #state: 'running' | 'answering' | 'over' = 'running'
  #response: Response | undefined = undefined
  #source: AsyncIterator<Uint8Array> | undefined = undefined
  #silence = 0
  #probed = false

  /** @throws ProtocolError where the head is no request. */
  constructor(wire: Wire, head: RequestHead, body: ArrivingBody | null) {
    const { context, facts } = wire
    const site = context.site
    const request = requestOf(head, body, facts.secure)
    const client = context.trusted === undefined ? undefined : clientOf(context.trusted, facts, request.headers)
    this.method = head.method
    this.minor = head.minor
    this.body = body
    // What a client sends behind a CONNECT is meant for the tunnel, and must not be read as requests where there is none.
    this.keepAlive = head.method !== 'CONNECT' && wantsKeepAlive(head)
    this.#wire = wire
    this.#site = site
    this.#request = request
    this.#record = new Exchange(site.report, client?.requestId)
    this.#connection = new Connection(facts, this.#record, head.minor > 0 ? 'HTTP/1.1' : 'HTTP/1.0', client)
    // HTTP/1.0 knows no informational answers (RFC 9110 §15.2).
    if (head.minor > 0) this.#connection.informer = this
    this.#upgradeAsked = asksUpgrade(head)
    this.#bytesBefore = wire.writer.bytes
    this.#awaitsContinue = body !== null && head.minor > 0 && expectsContinue(head)
    if (body !== null) body.source = this
    if (site.logging) this.#record.started = performance.now()
  }

  /** Whether the answer is not there yet. */
  get running(): boolean {
    return this.#state === 'running'
  }

  /** Whether the rest of an unread body is worth the connection: what is left of it, or of a chunked one what came. */
  get mayDrain(): boolean {
    const { body } = this
    if (body === null || body.complete) return true
    const size = body.declared === undefined ? body.received : body.declared - body.received
    return body.failure === undefined && !this.#awaitsContinue && size <= MAX_DRAINED
  }

  /** Has the site answer. */
  run(): void {
    answerWhenMade(this.#site.handle(this.#request, this.#connection), this)
  }

  /** The resource waits for the body: a client that waits too is told to send it (RFC 9110 §10.1.1). */
  wanted(): void {
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false
      if (this.#state === 'running') this.#interim()
      // An answer that streams the body back: its head still waits for the first chunk.
      else this.#wire.writer.ahead(CONTINUE)
    }
    this.#wire.socket.resume()
  }

  /** Bytes of the body came, so the client waits for nothing. */
  bodyArrived(): void {
    this.#awaitsContinue = false
  }

  /** A client that does not read gets none: a program that sends them without end must not fill memory. */
  inform(status: number, headers: Headers): void {
    const { writer } = this.#wire
    if (this.#state !== 'running' || this.#record.aborted || writer.blocked) return
    writer.text(interimHead(status, headers))
    writer.flush()
  }

  /** The client has ended its side: it may still read. A body that is not complete will never be. */
  halfClosed(): void {
    this.#silence = PROBE_AFTER
    this.body?.fail(
      new HttpError(400, { code: 'body-incomplete', detail: 'The connection ended before the body did.' }),
    )
  }

  tick(): void {
    const { body } = this
    const { ticks, limits, ticker } = this.#wire.context
    if (body?.tooSlow(ticks.body, (limits.bodyRate * ticker.length) / 1000) === true) {
      body.fail(new HttpError(408, { code: 'timeouts.body', detail: 'The body of the request came too slowly.' }))
    }
    // Only writing shows whether a client that ended its side has gone altogether: a reset comes back.
    if (this.#silence > 0 && --this.#silence === 0 && this.#state === 'running' && this.minor > 0) {
      this.#interim()
      this.#silence = this.#probed ? PROBE_AGAIN : PROBE_AFTER
      this.#probed = true
    }
  }

  /** The connection is closed. What the resource still does is of no use to anybody: it is told. */
  gone(): void {
    if (this.#state === 'over') return
    const error = new ClientGone()
    this.#record.aborted = true
    this.#request.abort(error)
    this.body?.fail(error)
    if (this.#source !== undefined) release(this.#source)
    if (this.#state === 'answering') this.#end()
  }

  /** The writer has caught up with a large answer. */
  drained(): void {
    if (this.#state === 'answering' && this.#source === undefined) this.#end()
  }

  #interim(): void {
    this.#wire.writer.text(CONTINUE)
    this.#wire.writer.flush()
  }

  lost(error: unknown): void {
    this.#record.report('error', 'The answer could not be written.', { uri: this.#request.target, error })
    this.keepAlive = false
    this.#wire.cut()
  }

  answer(response: Response): void {
    const { context, writer } = this.#wire
    this.#response = response
    this.#state = 'answering'
    if (this.#record.aborted) {
      cancelBody(response.body)
      return this.#end()
    }
    if (response.upgrade !== undefined) return this.#upgrade(response)
    if (this.method === 'CONNECT' && response.ok) return this.#misused('a resource answered CONNECT but made no tunnel')
    this.keepAlive = this.keepAlive && !this.#wire.last && this.mayDrain
    const answer = answerOf(this, response, context.own)
    this.keepAlive = answer.keepAlive
    if (isAsyncIterable(answer.body)) return void this.#stream(response, answer, answer.body)
    if (answer.body === null) cancelBody(response.body)
    if (this.#record.started > 0) this.#record.firstByte = performance.now()
    const size = answer.framing as number
    writer.text(answer.text)
    if (answer.body !== null) writer.content(answer.body, size)
    this.#record.contentLength = size
    if (!writer.blocked) this.#end()
  }

  async #stream(response: Response, answer: Answer, body: AsyncIterable<Uint8Array>): Promise<void> {
    const { writer } = this.#wire
    writer.flush()
    writer.text(answer.text)
    try {
      this.#source = body[Symbol.asyncIterator]()
      await streamBody(writer, this.#source, answer.framing, isSized(body), (bytes) => this.#sent(bytes))
      if (answer.framing === 'chunked') writer.text(await lastChunk(response, this.#takesTrailers()))
      this.#source = undefined
      writer.flush()
      if (!writer.blocked) this.#end()
    } catch (error) {
      this.#broken(error, response)
    }
  }

  #sent(bytes: number): void {
    if (this.#record.contentLength === 0 && this.#record.started > 0) this.#record.firstByte = performance.now()
    this.#record.contentLength += bytes
  }

  /** The body failed. Before anything left, that is an answer of its own; after, the connection is broken off. */
  #broken(error: unknown, response: Response): void {
    const source = this.#source
    this.#source = undefined
    if (source !== undefined) release(source)
    if (this.#record.aborted) return this.#end()
    if (this.#record.contentLength === 0 && this.#wire.writer.discard()) {
      return answerWhenMade(this.#site.failed(error, this.#request, this.#connection), this)
    }
    this.keepAlive = false
    // The client has gone while something was written: `gone` follows.
    if (this.#wire.socket.destroyed) return
    this.#record.error = error
    this.#record.report('error', 'The answer broke off.', { uri: this.#request.target, status: response.status, error })
    this.#wire.cut()
  }

  #takesTrailers(): boolean {
    return /(?:^|,)\s*trailers\s*(?:,|;|$)/i.test(this.#request.headers.get('te') ?? '')
  }

  #upgrade(response: Response): void {
    if (!this.#upgradeAsked) {
      return this.#misused('a resource took the connection over although the client had not asked for it')
    }
    if (this.body !== null && !this.body.complete) {
      return this.#misused('a resource took the connection over before it had read the body of the request')
    }
    const { writer, context, socket } = this.#wire
    writer.text(upgradeHead(response, context.own))
    writer.flush()
    const rest = this.#wire.detach()
    this.#end()
    response.upgrade?.(socket as unknown as UpgradedSocket, rest)
  }

  /** The client would take what comes next for something else than we (RFC 9110 §7.8, §9.3.6). */
  #misused(how: string): void {
    answerWhenMade(this.#site.failed(new TypeError(how), this.#request, this.#connection), this)
  }

  #end(): void {
    this.#state = 'over'
    this.#record.bytesIn = this.body?.received ?? 0
    this.#record.bytesOut = this.#wire.writer.bytes - this.#bytesBefore
    if (this.#response !== undefined) this.#site.finished(this.#request, this.#connection, this.#response)
    this.#wire.exchangeOver()
  }
}

import { cancelBody, isAsyncIterable, isSized, release, toBytes } from '../../message/body.ts'
import { Connection, type Informer } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { Exchange } from '../../message/exchange.ts'
import type { Headers } from '../../message/headers.ts'
import type { Request } from '../../message/request.ts'
import type { Response } from '../../message/response.ts'
import { isBodiless } from '../../message/status.ts'
import { INTERNAL_ERROR } from '../../protocol/http2/codes.ts'
import { encodeStatus } from '../../protocol/http2/hpack-encoder.ts'
import {
  interimBlock,
  type RenderedBlock,
  renderBlock,
  trailerBlock,
  usualFrames,
} from '../../protocol/http2/response-fields.ts'
import type { Site } from '../../site/site.ts'
import type { BodySource } from '../body.ts'
import { ClientGone } from '../client-gone.ts'
import { contentSize } from '../content-size.ts'
import { clientOf } from '../forwarded.ts'
import { type Answering, answerWhenMade } from '../when-made.ts'
import { WrongLength } from '../wrong-length.ts'
import type { Carried, Http2Stream } from './stream.ts'
import type { Wire } from './wire.ts'

/** Content up to this size, in bytes, is kept with the head of an answer that many ask for. */
const KEPT = 16384

/** One request on a stream, and its answer. */
export class Http2Exchange implements Answering, BodySource, Carried, Informer {
  readonly #wire: Wire
  readonly #stream: Http2Stream
  readonly #site: Site
  readonly #request: Request
  readonly #connection: Connection
  readonly #record: Exchange
  #awaitsContinue: boolean
  #state: 'running' | 'answering' | 'over' = 'running'
  #response: Response | undefined = undefined
  #source: AsyncIterator<Uint8Array> | undefined = undefined
  #whenSent: (() => void) | undefined = undefined

  constructor(wire: Wire, stream: Http2Stream, request: Request, awaitsContinue: boolean) {
    const { context, facts } = wire
    const { site } = context
    const client = context.trusted === undefined ? undefined : clientOf(context.trusted, facts, request.headers)
    this.#wire = wire
    this.#stream = stream
    this.#site = site
    this.#request = request
    this.#record = new Exchange(site.report, client?.requestId)
    this.#connection = new Connection(facts, this.#record, 'HTTP/2', client)
    this.#connection.informer = this
    this.#awaitsContinue = awaitsContinue
    stream.carried = this
    if (stream.body !== null) stream.body.source = this
    if (site.logging) this.#record.started = performance.now()
  }

  /** Has the site answer. */
  run(): void {
    answerWhenMade(this.#site.handle(this.#request, this.#connection), this)
  }

  /** Answers what the site need not be asked about. */
  refuse(response: Response): void {
    answerWhenMade(response, this)
  }

  /** The resource waits for the body: a client that waits too is told to send it (RFC 9110 §10.1.1). */
  wanted(): void {
    const stream = this.#stream
    if (!this.#awaitsContinue) return
    this.#awaitsContinue = false
    if (!stream.headSent && !stream.closed && stream.body?.received === 0) {
      this.#wire.sender.block(stream, encodeStatus(100), false)
    }
  }

  /** Fields without the end of the stream (RFC 9113 §8.1). A client that does not read gets none. */
  inform(status: number, headers: Headers): void {
    const stream = this.#stream
    const { sender } = this.#wire
    if (this.#state !== 'running' || stream.headSent || stream.closed || sender.blocked) return
    sender.block(stream, interimBlock(status, headers), false)
  }

  tick(): void {
    const { body } = this.#stream
    const { ticks, limits, ticker } = this.#wire.context
    if (body?.tooSlow(ticks.body, (limits.bodyRate * ticker.length) / 1000) === true) {
      body.fail(new HttpError(408, { code: 'timeouts.body', detail: 'The body of the request came too slowly.' }))
    }
  }

  /** The stream is closed before its time. What the resource still does is of no use to anybody: it is told. */
  gone(): void {
    if (this.#state === 'over') return
    const error = new ClientGone()
    this.#record.aborted = true
    this.#request.abort(error)
    this.#stream.body?.fail(error)
    if (this.#source !== undefined) release(this.#source)
    if (this.#state === 'answering') this.#end()
    this.#whenSent?.()
  }

  sent(): void {
    if (this.#source === undefined) this.#end()
    this.#whenSent?.()
  }

  lost(error: unknown): void {
    this.#record.report('error', 'The answer could not be written.', { uri: this.#request.target, error })
    this.#state = 'answering'
    this.#wire.reset(this.#stream, INTERNAL_ERROR)
    this.#end()
  }

  answer(response: Response): void {
    const { status } = response
    const { method } = this.#request
    this.#response = response
    this.#state = 'answering'
    if (this.#record.aborted) {
      cancelBody(response.body)
      return this.#end()
    }
    // There is no Upgrade in HTTP/2 (RFC 9113 §8.6), and tunnels through a stream are not offered (§8.5).
    if (response.upgrade !== undefined) return this.#misused('a resource took over a connection of HTTP/2')
    if (method === 'CONNECT' && response.ok) return this.#misused('a resource answered CONNECT but made no tunnel')
    const fields = renderBlock(response.peek())
    const size = contentSize(method, response.body, fields.contentLength)
    const body = method === 'HEAD' || isBodiless(status) ? null : response.body
    if (fields.close) this.#wire.finish()
    if (isAsyncIterable(body)) return void this.#pulled(response, fields, size, body)
    if (body === null) cancelBody(response.body)
    if (this.#record.started > 0) this.#record.firstByte = performance.now()
    this.#known(response, fields, body, size)
  }

  /** Sends an answer whose content is known as a whole. */
  #known(response: Response, fields: RenderedBlock, body: string | Uint8Array | null, said: number | undefined): void {
    const { status, latin1 } = response
    const { sender, context } = this.#wire
    const stream = this.#stream
    const { own } = context
    const size = body === null ? 0 : (said ?? 0)
    this.#record.contentLength = size
    if (fields.used && latin1 !== undefined && status === 200 && size > 0 && size <= KEPT && isBytes(body)) {
      const frames = usualFrames(fields, size, own, body)
      if (sender.usual(stream, frames, fields.headSize, size)) return this.#end()
    }
    const empty = body === null || size === 0
    sender.head(stream, status, fields, toldSize(status, said), own, empty)
    if (empty || sender.content(stream, body, size, true)) this.#end()
  }

  /** Sends a body while it is pulled: a chunk is asked for when the one before was sent. */
  async #pulled(
    response: Response,
    fields: RenderedBlock,
    size: number | undefined,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { sender, context } = this.#wire
    const stream = this.#stream
    let failed = false
    const head = (): void => {
      // After a failure the head is that of the error page, which may be long in coming.
      if (failed || stream.headSent || this.#state === 'over') return
      sender.head(stream, response.status, fields, size, context.own, false)
    }
    try {
      const source = body[Symbol.asyncIterator]()
      this.#source = source
      // The head waits a moment for the first chunk: both go out together, and a source that fails at once is answered.
      if (!isSized(body)) setImmediate(head)
      for (;;) {
        const { done, value } = await source.next()
        if (this.#isOver()) return
        if (done === true) break
        const chunk = toBytes(value)
        if (chunk.byteLength === 0) continue
        this.#count(chunk.byteLength, size)
        head()
        if (sender.content(stream, chunk, chunk.byteLength, false)) continue
        await new Promise<void>((resolve) => {
          this.#whenSent = resolve
        })
        this.#whenSent = undefined
        if (this.#isOver()) return
      }
      if (size !== undefined && this.#record.contentLength < size) {
        throw new WrongLength(`a body of ${size} bytes by its head has only ${this.#record.contentLength}`)
      }
      const trailers = size === undefined ? await this.#trailers(response) : undefined
      if (this.#isOver()) return
      this.#source = undefined
      head()
      if (trailers === undefined || trailers.byteLength === 0) sender.end(stream)
      else sender.block(stream, trailers, true)
      this.#end()
    } catch (error) {
      failed = true
      this.#broken(error, response)
    }
  }

  /** @throws WrongLength where it is more than the head says, and is not sent. */
  #count(bytes: number, size: number | undefined): void {
    const record = this.#record
    if (size !== undefined && record.contentLength + bytes > size) {
      throw new WrongLength(`a body of ${size} bytes by its head has more`)
    }
    if (record.contentLength === 0 && record.started > 0) record.firstByte = performance.now()
    record.contentLength += bytes
  }

  async #trailers(response: Response): Promise<Uint8Array | undefined> {
    const takes = /(?:^|,)\s*trailers\s*(?:,|;|$)/i.test(this.#request.headers.get('te') ?? '')
    return response.trailers === undefined || !takes ? undefined : trailerBlock(await response.trailers())
  }

  #isOver(): boolean {
    return this.#state === 'over'
  }

  /** The body failed. Before anything left, that is an answer of its own; after, the stream is broken off. */
  #broken(error: unknown, response: Response): void {
    const source = this.#source
    this.#source = undefined
    if (source !== undefined) release(source)
    if (this.#isOver()) return
    if (!this.#stream.headSent) {
      return answerWhenMade(this.#site.failed(error, this.#request, this.#connection), this)
    }
    this.#record.error = error
    this.#record.report('error', 'The answer broke off.', { uri: this.#request.target, status: response.status, error })
    this.#wire.reset(this.#stream, INTERNAL_ERROR)
  }

  /** The client would take what comes next for something else than we. */
  #misused(how: string): void {
    answerWhenMade(this.#site.failed(new TypeError(how), this.#request, this.#connection), this)
  }

  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#record.bytesIn = this.#stream.body?.received ?? 0
    this.#record.bytesOut = this.#stream.bytesOut
    if (this.#response !== undefined) this.#site.finished(this.#request, this.#connection, this.#response)
    this.#wire.over(this.#stream)
  }
}

function isBytes(body: string | Uint8Array | null): body is Uint8Array {
  return body !== null && typeof body !== 'string'
}

/** The Content-Length that an answer tells (RFC 9110 §8.6): none where its status says all. */
function toldSize(status: number, size: number | undefined): number | undefined {
  if (!isBodiless(status)) return size
  return status === 205 ? 0 : undefined
}

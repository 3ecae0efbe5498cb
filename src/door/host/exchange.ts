import { cancelBody, isAsyncIterable, isSized, release, toBytes } from '../../message/body.ts'
import type { Connection, Informer } from '../../message/connection.ts'
import { httpDate } from '../../message/dates.ts'
import { HttpError } from '../../message/errors.ts'
import type { Exchange } from '../../message/exchange.ts'
import type { Headers } from '../../message/headers.ts'
import { isPromise } from '../../message/reply.ts'
import type { Request } from '../../message/request.ts'
import type { Response } from '../../message/response.ts'
import { isBodiless } from '../../message/status.ts'
import { OwnFields } from '../../protocol/http1/own-fields.ts'
import { renderFields, sentFields } from '../../protocol/http1/response-head.ts'
import type { Answering as Answerer } from '../called/sites.ts'
import { ClientGone } from '../client-gone.ts'
import { contentSize } from '../content-size.ts'
import { upgradeHead } from '../http1/answer.ts'
import { type Answering, answerWhenMade } from '../when-made.ts'
import { WrongLength } from '../wrong-length.ts'
import type { HostBody } from './body.ts'
import { headOf, sizeOfFields, takesTrailers, trailersOf } from './head.ts'
import type { HostRequest } from './request.ts'
import { AT_ONCE, nextTurn } from './turn.ts'

/** `answered`: the answer was sent, or broke off, or nobody waits for it; `declined`: the host has the request back, untouched. */
export type Outcome = 'answered' | 'declined'

/** A request of a host while the site answers it, and its answer. */
export class HostExchange implements Answering, Informer {
  readonly #host: HostRequest
  readonly #site: Answerer
  readonly #request: Request
  readonly #connection: Connection
  readonly #record: Exchange
  readonly #body: HostBody | null
  readonly #asksUpgrade: boolean
  readonly #over: (outcome: Outcome) => void
  #state: 'running' | 'answering' | 'over' = 'running'
  #response: Response | undefined = undefined
  #source: AsyncIterator<Uint8Array> | undefined = undefined
  /** Sends the head of an answer that waits for its first chunk; undefined once it was sent. */
  #waiting: (() => void) | undefined = undefined

  /** @param body The one that `request` has. @param over Told once, at the end. */
  constructor(
    host: HostRequest,
    site: Answerer,
    request: Request,
    connection: Connection,
    body: HostBody | null,
    asksUpgrade: boolean,
    over: (outcome: Outcome) => void,
  ) {
    this.#host = host
    this.#site = site
    this.#request = request
    this.#connection = connection
    this.#record = connection.exchange
    this.#body = body
    this.#asksUpgrade = asksUpgrade
    this.#over = over
    // HTTP/1.0 knows no informational answers (RFC 9110 §15.2).
    if (host.inform !== undefined && host.version !== '1.0') connection.informer = this
    if (site.logging) this.#record.started = performance.now()
  }

  /** Has the site answer. */
  run(): void {
    this.#host.onGone(() => this.#gone())
    answerWhenMade(this.#site.handle(this.#request, this.#connection), this)
  }

  /** Answers what the site is not asked about. */
  refuse(response: Response): void {
    this.#host.onGone(() => this.#gone())
    answerWhenMade(response, this)
  }

  inform(status: number, headers: Headers): void {
    if (this.#state === 'running' && !this.#record.aborted) this.#host.inform?.(status, sentFields(headers))
  }

  /** Nobody waits for the answer any more. What the resource still does is of no use to anybody: it is told. */
  #gone(): void {
    if (this.#state === 'over' || this.#record.aborted) return
    const error = new ClientGone()
    this.#record.aborted = true
    this.#request.abort(error)
    this.#body?.fail(error)
    if (this.#source !== undefined) release(this.#source)
    if (this.#state === 'answering') this.#end()
  }

  #failed(error: unknown): void {
    answerWhenMade(this.#site.failed(error, this.#request, this.#connection), this)
  }

  lost(error: unknown): void {
    if (this.#state === 'over') return
    this.#record.report('error', 'The answer could not be written.', { uri: this.#request.target, error })
    this.#cut()
  }

  answer(response: Response): void {
    if (this.#state === 'over') return
    if (this.#record.handBack === 'due' && !this.#record.aborted && isLeft(response)) return this.#handBack()
    const { method } = this.#request
    this.#response = response
    this.#state = 'answering'
    if (this.#record.aborted) {
      cancelBody(response.body)
      return this.#end()
    }
    if (response.upgrade !== undefined) return this.#upgrade(response)
    if (method === 'CONNECT' && response.ok) {
      return this.#failed(new TypeError('a resource answered CONNECT but made no tunnel'))
    }
    const size = contentSize(method, response.body, renderFields(response.peek()).contentLength)
    const body = method === 'HEAD' || isBodiless(response.status) ? null : response.body
    if (isAsyncIterable(body)) return void this.#pulled(response, body, size)
    if (body === null) cancelBody(response.body)
    this.#known(response, body, size)
  }

  /** A request that a middleware of the site has read cannot go back. */
  #handBack(): void {
    if (this.#request.bodyUsed) {
      this.#record.handBack = 'no'
      return this.#failed(new HttpError(404))
    }
    this.#state = 'over'
    this.#over('declined')
  }

  /** Sends content that is known. */
  #known(response: Response, body: string | Uint8Array | null, size: number | undefined): void {
    const bytes = body === null ? NOTHING : typeof body === 'string' ? Buffer.from(body) : body
    this.#head(response, size, bytes.byteLength)
    this.#record.contentLength = bytes.byteLength
    const written = bytes.byteLength === 0 ? undefined : this.#host.write(bytes)
    if (isWaiting(written))
      written.then(
        () => this.#finish(undefined),
        (error) => this.lost(error),
      )
    else this.#finish(undefined)
  }

  /** @param size What is said of the size. @param sent Bytes that follow, where that is known. */
  #head(response: Response, size: number | undefined, sent: number | undefined): void {
    const record = this.#record
    const { status, statusText, fields } = headOf(response, size, this.#host.version)
    if (record.started > 0) {
      record.firstByte = performance.now()
      record.bytesOut = sizeOfFields(fields)
    }
    this.#host.head(status, statusText, fields, sent)
  }

  /** Sends a body while it is pulled: a chunk is asked for when the one before was taken. */
  async #pulled(response: Response, body: AsyncIterable<Uint8Array>, size: number | undefined): Promise<void> {
    const host = this.#host
    this.#waiting = () => {
      this.#waiting = undefined
      this.#head(response, size, size)
    }
    let atOnce = 0
    try {
      const source = body[Symbol.asyncIterator]()
      this.#source = source
      // The head waits a moment for the first chunk: both go out together, and a source that fails at once is answered.
      if (!isSized(body)) setImmediate(flushHead, this)
      for (;;) {
        const { done, value } = await source.next()
        if (this.#isOver()) return
        if (done === true) break
        const chunk = toBytes(value)
        if (chunk.byteLength === 0) continue
        this.#count(chunk.byteLength, size)
        this.#waiting?.()
        const taken = host.write(chunk)
        if (isWaiting(taken)) await taken
        else if (++atOnce % AT_ONCE === 0) await nextTurn()
        if (this.#isOver()) return
      }
      if (size !== undefined && this.#record.contentLength < size) {
        throw new WrongLength(`a body of ${size} bytes by its head has only ${this.#record.contentLength}`)
      }
      this.#source = undefined
      const trailers = size === undefined && takesTrailers(this.#request) ? await response.trailers?.() : undefined
      if (this.#isOver()) return
      this.#waiting?.()
      this.#finish(trailers)
    } catch (error) {
      this.#broken(error, response)
    }
  }

  /** Sends a head that still waits: the first chunk takes its time. */
  flushHead(): void {
    if (this.#waiting === undefined || this.#isOver()) return
    try {
      this.#waiting()
      this.#host.flush?.()
    } catch (error) {
      this.lost(error)
    }
  }

  /** @throws WrongLength where it is more than the head says, and is not sent. */
  #count(bytes: number, size: number | undefined): void {
    const record = this.#record
    if (size !== undefined && record.contentLength + bytes > size) {
      throw new WrongLength(`a body of ${size} bytes by its head has more`)
    }
    record.contentLength += bytes
  }

  /** The body failed. Before anything left, that is an answer of its own; after, it must not look whole. */
  #broken(error: unknown, response: Response): void {
    const source = this.#source
    this.#source = undefined
    if (source !== undefined) release(source)
    if (this.#isOver()) return
    if (this.#waiting !== undefined) {
      this.#waiting = undefined
      this.#record.contentLength = 0
      return this.#failed(error)
    }
    this.#record.error = error
    this.#record.report('error', 'The answer broke off.', { uri: this.#request.target, status: response.status, error })
    this.#cut()
  }

  #upgrade(response: Response): void {
    const { takeOver } = this.#host
    if (!this.#asksUpgrade || takeOver === undefined) {
      const why = this.#asksUpgrade ? 'the host does not give it away' : 'the client had not asked for it'
      return this.#failed(new TypeError(`a resource took the connection over although ${why}`))
    }
    if (this.#body !== null && !this.#body.complete) {
      return this.#failed(new TypeError('a resource took the connection over before it had read the body'))
    }
    const { socket, head } = takeOver.call(this.#host)
    socket.write(Buffer.from(upgradeHead(response, new OwnFields(httpDate(Date.now()), '')), 'latin1'))
    this.#end()
    response.upgrade?.(socket, head)
  }

  #finish(trailers: Headers | undefined): void {
    if (this.#isOver()) return
    const ended = trailers === undefined ? this.#host.end() : this.#host.end(trailersOf(trailers))
    if (isWaiting(ended))
      ended.then(
        () => this.#end(),
        (error) => this.lost(error),
      )
    else this.#end()
  }

  /** What was sent is not whole, and the client must see that. */
  #cut(): void {
    if (this.#isOver()) return
    this.#record.aborted = true
    try {
      this.#host.breakOff()
    } finally {
      this.#end()
    }
  }

  #isOver(): boolean {
    return this.#state === 'over'
  }

  #end(): void {
    if (this.#isOver()) return
    this.#state = 'over'
    this.#body?.drop()
    this.#record.bytesIn = this.#body?.received ?? 0
    this.#record.bytesOut += this.#record.contentLength
    if (this.#response !== undefined) this.#site.finished(this.#request, this.#connection, this.#response)
    this.#over('answered')
  }
}

const NOTHING = new Uint8Array(0)

function flushHead(exchange: HostExchange): void {
  exchange.flushHead()
}

function isWaiting(value: void | Promise<void>): value is Promise<void> {
  return value !== undefined && isPromise<void>(value)
}

/** What a site says of a request that it leaves, unless a middleware has made something else of it. */
function isLeft({ status, body }: Response): boolean {
  return status === 404 && body === null
}

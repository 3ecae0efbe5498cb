import { cancelBody, isAsyncIterable, isSized, release, toBytes } from '../../message/body.ts'
import type { Connection, Informer } from '../../message/connection.ts'
import type { HttpError } from '../../message/errors.ts'
import type { Exchange } from '../../message/exchange.ts'
import type { Headers } from '../../message/headers.ts'
import type { Request } from '../../message/request.ts'
import type { Response } from '../../message/response.ts'
import { isBodiless } from '../../message/status.ts'
import { cgiHead, informationalHead } from '../../protocol/cgi/write-head.ts'
import { renderFields } from '../../protocol/http1/response-head.ts'
import { defaultPage } from '../../site/error-page.ts'
import { contentSize } from '../content-size.ts'
import { type Answering, answerWhenMade } from '../when-made.ts'
import { WrongLength } from '../wrong-length.ts'
import type { Carrier } from './carrier.ts'
import { COPIED, latin1 } from './output.ts'
import type { Answering as Answerer } from './sites.ts'

/** A request while the site answers it, and its answer. */
export class CalledExchange implements Answering, Informer {
  readonly #carrier: Carrier
  readonly #site: Answerer
  readonly #request: Request
  readonly #connection: Connection
  readonly #record: Exchange
  #state: 'running' | 'answering' | 'over' = 'running'
  #response: Response | undefined = undefined
  #source: AsyncIterator<Uint8Array> | undefined = undefined
  /** The head of an answer that waits for its first chunk. */
  #head = ''

  constructor(carrier: Carrier, site: Answerer, request: Request, connection: Connection) {
    this.#carrier = carrier
    this.#site = site
    this.#request = request
    this.#connection = connection
    this.#record = connection.exchange
    if (site.logging) this.#record.started = performance.now()
  }

  /** Has the site answer. */
  run(): void {
    answerWhenMade(this.#site.handle(this.#request, this.#connection), this)
  }

  /** Answers what the site is not asked about: plainly, the same for all sites. */
  refuse(error: HttpError): void {
    this.#record.report('info', 'A request was refused.', { status: error.status, code: error.code })
    answerWhenMade(defaultPage(error, undefined), this)
  }

  /** Nobody waits for the answer any more. What the resource still does is of no use to anybody: it is told. */
  gone(error: Error): void {
    if (this.#state === 'over') return
    this.#record.aborted = true
    this.#request.abort(error)
    if (this.#source !== undefined) release(this.#source)
    if (this.#state === 'answering') this.#end()
  }

  /** Sends an informational answer ahead (RFC 9110 §15.2), as a head of its own. */
  inform(status: number, headers: Headers): void {
    if (this.#state === 'running') this.#carrier.sender.text(informationalHead(status, headers))
  }

  #failed(error: unknown): void {
    answerWhenMade(this.#site.failed(error, this.#request, this.#connection), this)
  }

  lost(error: unknown): void {
    if (this.#state === 'over') return
    this.#record.report('error', 'The answer could not be written.', { uri: this.#request.target, error })
    this.#carrier.breakOff()
    this.#end()
  }

  answer(response: Response): void {
    const { method } = this.#request
    this.#response = response
    this.#state = 'answering'
    if (this.#record.aborted) {
      cancelBody(response.body)
      return this.#end()
    }
    if (response.upgrade !== undefined) {
      return this.#failed(new TypeError('a resource took over a connection that belongs to the web server'))
    }
    const size = contentSize(method, response.body, renderFields(response.peek()).contentLength)
    const body = method === 'HEAD' || isBodiless(response.status) ? null : response.body
    const head = cgiHead(response, size)
    if (isAsyncIterable(body)) return void this.#pulled(response, head, body, size)
    if (body === null) cancelBody(response.body)
    if (this.#record.started > 0) this.#record.firstByte = performance.now()
    const known = body === null ? 0 : (size ?? 0)
    const text = known > COPIED ? undefined : head + contentText(body, known, response.latin1)
    if (text === undefined || !this.#carrier.sender.text(text)) return void this.#large(head, body)
    this.#record.contentLength = known
    this.#finish()
  }

  /** Sends content that is known, but more than one write or than the window. */
  async #large(head: string, body: string | Uint8Array | null): Promise<void> {
    const { sender } = this.#carrier
    const bytes = body === null ? new Uint8Array(0) : typeof body === 'string' ? Buffer.from(body) : body
    if (!sender.text(head)) await sender.content(Buffer.from(head, 'latin1'))
    await sender.content(bytes)
    if (this.#isOver()) return
    this.#record.contentLength = bytes.byteLength
    this.#finish()
  }

  /** Sends a body while it is pulled: a chunk is asked for when the one before was taken. */
  async #pulled(
    response: Response,
    head: string,
    body: AsyncIterable<Uint8Array>,
    size: number | undefined,
  ): Promise<void> {
    const { sender } = this.#carrier
    this.#head = head
    try {
      const source = body[Symbol.asyncIterator]()
      this.#source = source
      // The head waits a moment for the first chunk: both go out together, and a source that fails at once is answered.
      if (!isSized(body)) setImmediate(sendHead, this)
      for (;;) {
        const { done, value } = await source.next()
        if (this.#isOver()) return
        if (done === true) break
        const chunk = toBytes(value)
        if (chunk.byteLength === 0) continue
        this.#count(chunk.byteLength, size)
        if (!this.sendHead()) await sender.content(this.#takeHead())
        await sender.content(chunk)
        if (this.#isOver()) return
      }
      if (size !== undefined && this.#record.contentLength < size) {
        throw new WrongLength(`a body of ${size} bytes by its head has only ${this.#record.contentLength}`)
      }
      this.#source = undefined
      if (!this.sendHead()) await sender.content(this.#takeHead())
      if (size === undefined && response.trailers !== undefined) {
        this.#carrier.sendTrailers?.(await response.trailers())
      }
      if (!this.#isOver()) this.#finish()
    } catch (error) {
      this.#broken(error, response)
    }
  }

  /** Sends the head if it still waits; false where the window has no room for it. */
  sendHead(): boolean {
    if (this.#head === '') return true
    if (!this.#carrier.sender.text(this.#head)) return false
    this.#head = ''
    return true
  }

  #takeHead(): Uint8Array {
    const head = Buffer.from(this.#head, 'latin1')
    this.#head = ''
    return head
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

  /** The body failed. Before anything left, that is an answer of its own; after, it must not look whole. */
  #broken(error: unknown, response: Response): void {
    const source = this.#source
    this.#source = undefined
    if (source !== undefined) release(source)
    if (this.#isOver()) return
    if (this.#head !== '') {
      this.#head = ''
      this.#record.contentLength = 0
      return this.#failed(error)
    }
    this.#record.error = error
    this.#record.report('error', 'The answer broke off.', { uri: this.#request.target, status: response.status, error })
    this.#carrier.breakOff()
    this.#end()
  }

  #finish(): void {
    this.#carrier.complete()
    this.#end()
  }

  #isOver(): boolean {
    return this.#state === 'over'
  }

  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#record.bytesIn = this.#carrier.bytesIn
    this.#record.bytesOut = this.#carrier.sender.bytes
    if (this.#response !== undefined) this.#site.finished(this.#request, this.#connection, this.#response)
    this.#carrier.over()
  }
}

function sendHead(exchange: CalledExchange): void {
  exchange.sendHead()
}

/** Known content, one character a byte. */
function contentText(body: string | Uint8Array | null, size: number, kept: string | undefined): string {
  if (body === null) return ''
  if (typeof body !== 'string') return kept ?? latin1(body)
  return size === body.length ? body : Buffer.from(body).toString('latin1')
}

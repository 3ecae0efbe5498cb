import type { Socket } from 'node:net'
import { TICK, unwatch, type Watched, watch } from '../../gateway/clock.ts'
import { attach, type SocketEvents } from '../../io/attach.ts'
import { HttpError } from '../../message/errors.ts'
import { Exchange, type Report } from '../../message/exchange.ts'
import type { RequestParts } from '../../message/request.ts'
import { CalledBy, mountOf } from '../../protocol/cgi/request-parts.ts'
import { HeadReader, HeadTooLarge } from '../../protocol/scgi/head-reader.ts'
import { ScgiFault } from '../../protocol/scgi/request.ts'
import { toHttpError } from '../../site/errors.ts'
import type { Site } from '../../site/site.ts'
import type { BodySource } from '../body.ts'
import { type Crediting, StreamedBody } from '../called/body.ts'
import { CarriedCall } from '../called/call.ts'
import type { Carrier } from '../called/carrier.ts'
import type { CalledExchange } from '../called/exchange.ts'
import type { FromWebServer } from '../called/listening.ts'
import { calledExchange, NOTHING } from '../called/request.ts'
import { StreamSender } from '../called/stream-sender.ts'
import { ClientGone } from '../client-gone.ts'

/** What all connections of an application share. */
export interface ScgiContext {
  readonly site: Site
  /** Bytes that the variables of a request may have. */
  readonly maxHead: number
  readonly report: Report | undefined
  /** Told when a connection is closed. */
  closed(connection: FromWebServer): void
}

/** Looks at the clock that a web server has to send the variables: 30 seconds. It sends them at once. */
const HEAD_AWAITED = 30_000 / TICK
/** Milliseconds for a web server to close a connection that we have ended. */
const LINGER = 5000
/** Milliseconds between what was sent of an answer and the reset that breaks it off. */
const APART = 50

/** One connection of a web server, and the one request on it. */
export class ScgiConnection implements SocketEvents, FromWebServer, Carrier, Crediting, BodySource, Watched {
  watchedAt = -1
  readonly window: number = Number.POSITIVE_INFINITY
  readonly sender: StreamSender
  readonly #socket: Socket
  readonly #context: ScgiContext
  readonly #reader: HeadReader
  #state: 'head' | 'running' | 'ended' | 'gone' = 'head'
  #body: StreamedBody | undefined = undefined
  #exchange: CalledExchange | undefined = undefined
  #ticks = 0
  #late: NodeJS.Timeout | undefined = undefined

  constructor(socket: Socket, context: ScgiContext) {
    this.#socket = socket
    this.#context = context
    this.#reader = new HeadReader(context.maxHead)
    this.sender = new StreamSender(socket)
    watch(this)
    attach(socket, this)
  }

  get bytesIn(): number {
    return this.#body?.received ?? 0
  }

  received(bytes: Buffer): void {
    this.sender.hold()
    if (this.#state === 'head') this.#readHead(bytes)
    else this.#feed(bytes)
    this.sender.flush()
  }

  /** A web server that ends its side wants no answer any more. */
  halfClosed(): void {
    this.#socket.destroy()
  }

  closed(): void {
    this.#state = 'gone'
    unwatch(this)
    clearTimeout(this.#late)
    this.sender.closed()
    const error = new ClientGone()
    this.#body?.fail(error)
    this.#exchange?.gone(error)
    this.#context.closed(this)
  }

  drained(): void {}
  stalled(): void {}

  /** A connection is there for its one request, which may be on its way. */
  stop(): void {}

  /** What was sent must not look whole. Only TCP has a reset. */
  cut(): void {
    if (this.#socket.remotePort === undefined) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  tick(): void {
    if (++this.#ticks <= HEAD_AWAITED) return
    this.#context.report?.('warn', 'A connection was closed: no request came on it.')
    this.#socket.destroy()
  }

  consumed(): void {}
  exceeded(): void {}

  wanted(): void {
    this.#socket.resume()
  }

  complete(): void {
    this.#leave()
  }

  /** Not at once: lighttpd takes what it finds together with the reset for a whole answer. */
  breakOff(): void {
    this.sender.stop()
    this.#late = setTimeout(() => this.cut(), APART)
    this.#late.unref()
  }

  over(): void {
    if (this.#body?.complete === false) this.#body.drop()
    this.#socket.resume()
  }

  #readHead(bytes: Buffer): void {
    let at: number
    try {
      at = this.#reader.take(bytes)
    } catch (error) {
      if (error instanceof HeadTooLarge) return this.#refuse(tooLarge())
      if (!(error instanceof ScgiFault)) throw error
      this.#context.report?.('warn', 'A connection was closed: what came is no SCGI.', { error: error.message })
      return void this.#socket.destroy()
    }
    if (at < 0) return
    try {
      const called = new CalledBy(this.#reader.variables)
      if (called.size !== 0) {
        this.#body = new StreamedBody(called.size, this)
        this.#body.source = this
      }
      const exchange = this.#asked(called.parts(this.#body ?? null), called)
      // What came with the variables is there before anybody asks.
      this.#feed(bytes.subarray(at))
      exchange.run()
    } catch (error) {
      this.#refuse(toHttpError(error))
    }
  }

  #feed(bytes: Uint8Array): void {
    const body = this.#body
    if (body === undefined || body.complete || bytes.byteLength === 0) return
    body.feed(bytes)
    if (body.full && !body.complete && !body.dropped) this.#socket.pause()
  }

  #refuse(error: HttpError): void {
    this.#body = undefined
    this.#asked(NOTHING, undefined).refuse(error)
  }

  #asked(parts: RequestParts, called: CalledBy | undefined): CalledExchange {
    unwatch(this)
    this.#state = 'running'
    const { site } = this.#context
    const mount = called === undefined ? '' : mountOf(called.scriptName, parts.path)
    const call = new CarriedCall(this.#reader.variables, called?.user ?? '', mount)
    this.#exchange = calledExchange(this, site, parts, call, new Exchange(site.report, called?.requestId))
    return this.#exchange
  }

  /**
   * Ends our side, and drops what still comes: closing at once with unread bytes would make the system reset the
   * connection, and the web server might never see the answer.
   */
  #leave(): void {
    if (this.#state !== 'running') return
    this.#state = 'ended'
    this.sender.flush()
    this.#socket.end()
    this.#late = setTimeout(() => this.#socket.destroy(), LINGER)
    this.#late.unref()
  }
}

function tooLarge(): HttpError {
  const detail = 'The variables of the request are too many or too long.'
  return new HttpError(431, { code: 'limits.head', detail })
}

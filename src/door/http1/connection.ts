import type { Socket } from 'node:net'
import { attach, detach, type SocketEvents, taken } from '../../io/attach.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { requestFraming } from '../../protocol/http1/framing.ts'
import { RequestHead, readRequestHead } from '../../protocol/http1/request-head.ts'
import { PIECE_COST } from '../body.ts'
import type { EngineContext } from '../context.ts'
import { FactsOfSocket } from '../socket-facts.ts'
import { stopDeadline } from '../stopping.ts'
import { ArrivingBody } from './body.ts'
import { Http1Exchange } from './exchange.ts'
import { refuse } from './refuse.ts'
import type { Wire } from './wire.ts'
import { Writer } from './writer.ts'

const CR = 13
const LF = 10
/** Bytes of later requests that are held while one is answered, before the socket is paused; each piece has its cost. */
const MAX_WAITING = 65536

/** Heads are read one at a time, in one go: all connections share the object that holds the parts of one. */
const head = new RequestHead()

/**
 * One HTTP/1 connection (RFC 9112 §9): it reads requests one after the other, has each answered, and begins the next
 * one when the last answer is written. What it waits for, and until when, is told by `#state` and `#deadline`.
 */
export class Http1Connection implements Wire, SocketEvents {
  readonly socket: Socket
  readonly context: EngineContext
  readonly facts: FactsOfSocket
  readonly writer: Writer
  /** Whether the client has ended its side. */
  ended = false
  /** `head`: a request has begun, or must; `drain`: the rest of its body is dropped; `linger`: our side is ended. */
  #state: 'head' | 'idle' | 'exchange' | 'drain' | 'linger' | 'gone' = 'head'
  /** The tick at which the present state has lasted too long. */
  #deadline: number
  #count = 0
  #exchange: Http1Exchange | undefined = undefined
  /** The beginning of a head. */
  #begun: Buffer | undefined = undefined
  /** What arrived behind the request that is being answered, in the pieces in which it came. */
  #waiting: Buffer[] | undefined = undefined
  #waitingBytes = 0
  /** What `#read` is at work on: it goes on by itself after an answer that came at once; where its request ends. */
  #reading: Buffer | undefined = undefined
  #readTo = 0

  constructor(socket: Socket, context: EngineContext) {
    this.socket = socket
    this.context = context
    this.facts = new FactsOfSocket(socket)
    this.writer = new Writer(socket, context.timeouts.write)
    this.#deadline = context.ticker.now + context.ticks.head
    attach(socket, this)
  }

  /** Whether the exchange that runs is the last one that the connection may have. */
  get last(): boolean {
    const { context } = this
    return context.stopping || this.#count >= context.limits.requestsPerConnection || (this.ended && this.#behind === 0)
  }

  /** How many bytes came behind the request that runs. */
  get #behind(): number {
    return this.#reading === undefined ? this.#waitingBytes : this.#reading.byteLength - this.#readTo
  }

  /** Bytes came. They are only there during the call. */
  received(bytes: Buffer): void {
    const exchange = this.#exchange
    if (exchange !== undefined) {
      if (exchange.body !== null && !exchange.body.complete) this.#continueBody(exchange, exchange.body, bytes)
      else this.#wait(bytes, 0)
    } else if (this.#state === 'linger' || this.#state === 'gone') return
    else if (this.writer.blocked) this.#wait(bytes, 0)
    else this.#read(bytes)
  }

  /** The client has ended its side. What it asked before is still answered: it may still read. */
  halfClosed(): void {
    this.ended = true
    if (this.#exchange === undefined) this.#advance()
    else if (this.#state === 'drain') this.#close()
    else this.#exchange.halfClosed()
  }

  /** The socket has written all that it held. */
  drained(): void {
    this.writer.drained()
    if (this.#exchange !== undefined) this.#exchange.drained()
    else this.#advance()
  }

  /** The socket is closed, by whomever. */
  closed(): void {
    this.#state = 'gone'
    this.#takeWaiting()
    this.context.closed(this)
    this.#exchange?.gone()
  }

  /** The client takes nothing of what is written. */
  stalled(): void {
    this.context.site.report?.('info', 'A connection was cut: timeouts.write.', { remote: this.facts.remote.address })
    this.cut()
  }

  /** Looks whether the present state has lasted too long. Called at each tick. */
  tick(now: number): void {
    if (this.#state === 'exchange') this.#exchange?.tick()
    else if (now >= this.#deadline && !this.writer.blocked) this.#tooLate()
  }

  /** The server is stopping: an idle connection closes now, a new one soon, the others after their answer. */
  stop(): void {
    if (this.#state === 'idle') this.socket.destroy()
    else if (this.#state === 'head' && this.#begun === undefined) {
      this.#deadline = Math.min(this.#deadline, stopDeadline(this.context))
    }
  }

  exchangeOver(): void {
    const exchange = this.#exchange
    if (exchange === undefined || this.#state === 'gone') return
    const { body } = exchange
    const { ticker, ticks } = this.context
    if (!exchange.keepAlive) this.#close()
    else if (body !== null && !body.complete) {
      this.#state = 'drain'
      this.#deadline = ticker.now + ticks.body
      body.drop()
      this.writer.flush()
      this.socket.resume()
    } else {
      this.#exchange = undefined
      this.#state = 'idle'
      this.#deadline = ticker.now + ticks.idle
      if (this.#reading === undefined) this.#advance()
    }
  }

  cut(): void {
    // A reset, where the transport has one: else a client could take the end of the connection for that of the answer.
    if (this.facts.secure || this.facts.remote.port === undefined) this.socket.destroy()
    else this.socket.resetAndDestroy()
  }

  detach(): Buffer {
    const rest = this.#reading === undefined ? this.#takeWaiting() : Buffer.from(this.#reading.subarray(this.#readTo))
    this.#state = 'gone'
    this.context.givenAway(this)
    detach(this.socket)
    return rest
  }

  /** Goes on after an answer, or after the writer has caught up: with what is waiting, or to the next read. */
  #advance(): void {
    if (this.#state === 'linger' || this.#state === 'gone' || this.writer.blocked) return
    if (this.#waitingBytes > 0) this.#read(this.#takeWaiting())
    else this.writer.flush()
    if (this.#exchange !== undefined || this.writer.blocked) return
    if (this.ended || this.context.stopping) this.#close()
    else this.socket.resume()
  }

  /**
   * Ends our side and reads on for a while: closing at once with unread bytes would make the system reset the
   * connection, and the client might never see the answer (RFC 9112 §9.6).
   */
  #close(): void {
    this.writer.flush()
    this.#exchange = undefined
    this.#takeWaiting()
    this.#begun = undefined
    this.#state = 'linger'
    this.#deadline = this.context.ticker.now + this.context.ticks.linger
    // An ending socket gives no `drain`.
    if (this.writer.blocked) this.socket.end(() => this.#allTaken())
    else this.socket.end()
    this.socket.resume()
  }

  #allTaken(): void {
    taken(this.socket)
    this.writer.drained()
    this.#deadline = this.context.ticker.now + this.context.ticks.linger
  }

  #tooLate(): void {
    if (this.#state === 'head' && this.#begun !== undefined) {
      this.#refuse(new ProtocolError(408, 'timeouts.head', 'the head did not come in time'))
    } else this.socket.destroy()
  }

  /** Answers bytes that are no request, and closes: nothing after them can be understood (RFC 9112 §9.5). */
  #refuse(error: ProtocolError): void {
    refuse(this, error)
    this.#close()
  }

  #continueBody(exchange: Http1Exchange, body: ArrivingBody, bytes: Buffer): void {
    const end = body.feed(bytes, 0)
    exchange.bodyArrived()
    if (end < bytes.byteLength) this.#wait(bytes, end)
    if (this.#state === 'drain') {
      if (body.complete) this.exchangeOver()
      else if (!exchange.mayDrain) this.#close()
    } else if (!body.complete && body.full) this.socket.pause()
  }

  /** Keeps bytes of later requests until it is their turn. */
  #wait(bytes: Buffer, at: number): void {
    this.#waiting ??= []
    this.#waiting.push(Buffer.from(bytes.subarray(at)))
    this.#waitingBytes += bytes.byteLength - at + PIECE_COST
    if (this.#waitingBytes > MAX_WAITING) this.socket.pause()
  }

  #takeWaiting(): Buffer {
    const pieces = this.#waiting ?? []
    this.#waiting = undefined
    this.#waitingBytes = 0
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  /** Reads what came: as many requests as are whole, until one of them has to be waited for. */
  #read(fresh: Buffer): void {
    const begun = this.#begun
    const bytes = begun === undefined ? fresh : Buffer.concat([begun, fresh])
    const text = bytes.toString('latin1')
    this.#begun = undefined
    this.#reading = bytes
    let at = 0
    try {
      while (
        at >= 0 &&
        at < bytes.length &&
        this.#exchange === undefined &&
        !this.writer.blocked &&
        this.#state !== 'linger'
      ) {
        at = this.#readOne(bytes, text, at)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      at = -1
      this.#refuse(error)
    } finally {
      this.#reading = undefined
    }
    if (at >= 0 && at < bytes.length && this.#state !== 'linger' && this.#state !== 'gone') this.#wait(bytes, at)
    if (this.#exchange === undefined) this.writer.flush()
    else if (this.writer.holds) setImmediate(flushAnswers, this)
  }

  /** What was answered does not wait for the request that runs; an answer that is begun decides by itself. */
  flushAnswers(): void {
    if (this.#exchange === undefined || this.#exchange.running) this.writer.flush()
  }

  /** Reads one request and has it answered. Returns where the next one begins, or -1 where this one is not complete. */
  #readOne(bytes: Buffer, text: string, at: number): number {
    let from = at
    // RFC 9112 §2.2: empty lines before a request are ignored.
    while (bytes[from] === CR && bytes[from + 1] === LF) from += 2
    const half = from === bytes.length - 1 && bytes[from] === CR
    if (half || from === bytes.length || !readRequestHead(head, bytes, text, from, this.context.limits)) {
      this.#keep(bytes, from)
      return -1
    }
    this.#count++
    const framing = requestFraming(head)
    const body = framing === 'none' ? null : new ArrivingBody(framing, this.context.limits)
    const exchange = new Http1Exchange(this, head, body)
    const end = body === null ? head.end : body.feed(bytes, head.end)
    this.#exchange = exchange
    this.#state = 'exchange'
    this.#readTo = end
    exchange.run()
    return end
  }

  #keep(bytes: Buffer, from: number): void {
    if (from === bytes.length) return
    this.#begun = Buffer.from(bytes.subarray(from))
    if (this.#state === 'idle') {
      this.#state = 'head'
      this.#deadline = this.context.ticker.now + this.context.ticks.head
    }
  }
}

function flushAnswers(connection: Http1Connection): void {
  connection.flushAnswers()
}

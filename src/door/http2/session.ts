import { HttpError } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import { mayTrail } from '../../protocol/http1/trailers.ts'
import {
  CANCEL,
  ConnectionFault,
  ENHANCE_YOUR_CALM,
  MalformedRequest,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  STREAM_CLOSED,
} from '../../protocol/http2/codes.ts'
import { DEFAULT_WINDOW, GOAWAY, MAX_WINDOW, PING, putUint32, SETTINGS } from '../../protocol/http2/frames.ts'
import { checkTrailers } from '../../protocol/http2/request-fields.ts'
import { serverSettings } from '../../protocol/http2/settings.ts'
import type { EngineContext } from '../context.ts'
import type { Limits } from '../settings.ts'
import type { FactsOfSocket } from '../socket-facts.ts'
import { Allowance } from './allowance.ts'
import { STREAM_WINDOW } from './body.ts'
import { CONNECTION_WINDOW, Inbound, type Inside } from './inbound.ts'
import type { Output } from './output.ts'
import { answerRequest } from './requests.ts'
import { Sender } from './sender.ts'
import type { Http2Stream } from './stream.ts'
import { Streams } from './streams.ts'
import type { Wire } from './wire.ts'

/** Ticks that a client is given to end a request by itself whose answer it has. */
const LINGER_TICKS = 2

/** What we ping with: nobody but us reads it. */
const PING_PAYLOAD: Uint8Array = new Uint8Array(8)

/** What goes on between a client and us on one connection: the streams, and what the two ends tell each other of them. */
export class Session implements Inside, Wire {
  readonly facts: FactsOfSocket
  readonly context: EngineContext
  readonly streams: Streams = new Streams()
  readonly sender: Sender
  readonly inbound: Inbound
  /** `asked`: the client was told to begin nothing more; `last`: and which request was the last that is answered. */
  finishing: 'no' | 'asked' | 'last' = 'no'
  readonly #whenQuiet: () => void
  readonly #resets: Allowance
  readonly #controls: Allowance
  #count = 0
  /** Streams whose answer is whole, and whose client has not ended its side. */
  #lingering = 0
  /** The tick at which a client that was asked to begin nothing more is not waited for any longer. */
  #lastAt = 0
  /** What the client was told to be the last stream that is answered: it never rises (RFC 9113 §6.8). */
  #lastAnswered = 0

  /** @param whenQuiet Called when the last exchange that ran is over. */
  constructor(facts: FactsOfSocket, context: EngineContext, output: Output, whenQuiet: () => void) {
    this.facts = facts
    this.context = context
    this.sender = new Sender(output, context.ticker)
    this.inbound = new Inbound(this)
    this.#whenQuiet = whenQuiet
    this.#resets = new Allowance(context.limits.resets)
    this.#controls = new Allowance(context.limits.controlFrames)
    const { streams, head } = context.limits
    this.sender.control(SETTINGS, 0, 0, serverSettings(streams, STREAM_WINDOW, head))
    this.sender.allow(0, CONNECTION_WINDOW - DEFAULT_WINDOW)
  }

  get limits(): Limits {
    return this.context.limits
  }

  requested(id: number, fields: string[] | undefined, ended: boolean): void {
    const { streams, limits } = this
    streams.last = id
    // RFC 9113 §6.8: the client was told that this is not answered, and may ask again elsewhere.
    if (this.finishing === 'last') {
      streams.remember(id, true)
      return this.spendControl()
    }
    if (streams.running >= limits.streams) return this.#turnAway(id, REFUSED_STREAM, ended)
    streams.running++
    if (++this.#count >= limits.requestsPerConnection) this.finish()
    const stream = answerRequest(this, id, fields, ended, this.inbound.settings.initialWindow)
    if (stream === undefined) {
      this.#leave()
      this.#turnAway(id, PROTOCOL_ERROR, ended)
    } else if (!stream.closed) streams.open.set(id, stream)
  }

  over(stream: Http2Stream): void {
    if (!stream.closed) this.#answered(stream)
    this.#leave()
  }

  reset(stream: Http2Stream, code: number): void {
    if (stream.closed) return
    this.#close(stream, true)
    this.sender.reset(stream.id, code)
    stream.carried?.gone()
  }

  /** The client is told that this connection ends; at first not where, for requests may be on their way (§6.8). */
  finish(): void {
    if (this.finishing !== 'no') return
    this.#goAway(MAX_WINDOW, NO_ERROR, '')
    this.finishing = 'asked'
    this.#lastAt = this.context.ticker.now + this.context.ticks.linger
    // Its answer tells that all that was on its way has come.
    this.sender.control(PING, 0, 0, PING_PAYLOAD)
  }

  /** The client is told which request was the last one, and why. */
  goAway(code: number, why: string): void {
    if (this.finishing !== 'last') this.#lastAnswered = this.streams.last
    else if (code === NO_ERROR) return
    this.finishing = 'last'
    this.#goAway(this.#lastAnswered, code, why)
  }

  ponged(): void {
    if (this.finishing === 'asked') this.goAway(NO_ERROR, '')
  }

  /** The connection is of no use any more. */
  gone(): void {
    for (const stream of this.streams.open.values()) {
      this.#close(stream, true)
      stream.carried?.gone()
    }
  }

  tick(): void {
    const { limits, ticks, ticker, site } = this.context
    this.#resets.refill(limits.resets, ticker.length)
    this.#controls.refill(limits.controlFrames, ticker.length)
    // Who does not answer the ping and goes on asking must not keep a server from its end.
    if (this.finishing === 'asked' && ticker.now >= this.#lastAt) this.goAway(NO_ERROR, '')
    for (const stream of this.streams.open.values()) {
      if (stream.lingers > 0) {
        if (ticker.now < stream.lingers) continue
        this.#close(stream, true)
        this.sender.reset(stream.id, NO_ERROR)
        continue
      }
      stream.carried?.tick()
      if (!this.sender.stalled(stream, ticks.write)) continue
      site.report?.('info', 'A stream was cut: timeouts.write.', { remote: this.facts.remote.address })
      this.reset(stream, CANCEL)
    }
  }

  faulty(stream: Http2Stream, code: number): void {
    const detail = 'The body of the request is malformed.'
    stream.body?.fail(new HttpError(400, { code: 'body', detail }))
    this.reset(stream, code)
    this.#spendReset()
  }

  late(stream: number): void {
    this.sender.reset(stream, STREAM_CLOSED)
    this.#spendReset()
  }

  cancelled(stream: Http2Stream): void {
    const answered = stream.lingers > 0
    this.#close(stream, false)
    stream.carried?.gone()
    if (answered) this.spendControl()
    else this.#spendReset()
  }

  trailed(stream: Http2Stream, fields: string[] | undefined): void {
    if (fields === undefined) {
      const detail = 'The trailer fields are more than limits.head or limits.fields.'
      stream.body?.fail(new HttpError(431, { code: 'trailer-limit', detail }))
      return this.#remoteEnded(stream)
    }
    try {
      checkTrailers(fields)
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error
      return this.faulty(stream, PROTOCOL_ERROR)
    }
    const kept: string[] = []
    for (let i = 0; i < fields.length; i += 2) {
      if (mayTrail(fields[i] as string)) kept.push(fields[i] as string, fields[i + 1] as string)
    }
    this.#bodyEnded(stream, Headers.fromList(kept))
  }

  bodyEnded(stream: Http2Stream): void {
    this.#bodyEnded(stream, undefined)
  }

  spendControl(): void {
    if (!this.#controls.spend()) throw tooMany('frames that ask for nothing', 'limits.controlFrames')
  }

  /** CVE-2023-44487: to open and reset streams costs a client less than us. CVE-2025-8671: so does to have us reset them. */
  #spendReset(): void {
    if (!this.#resets.spend()) throw tooMany('streams that were broken off', 'limits.resets')
  }

  #bodyEnded(stream: Http2Stream, trailers: Headers | undefined): void {
    const { body } = stream
    if (body === null) return
    // §8.1.1: the body is shorter than was said.
    if (body.declared !== undefined && body.received !== body.declared) return this.faulty(stream, PROTOCOL_ERROR)
    body.end(trailers)
    this.#remoteEnded(stream)
  }

  #remoteEnded(stream: Http2Stream): void {
    stream.remoteEnded = true
    if (stream.lingers > 0) this.#close(stream, true)
  }

  /**
   * The answer is whole, and the rest of the request is not wanted (RFC 9113 §8.1). Some clients lose an answer that a
   * reset follows at once, so they are given a moment to end by themselves; what they send is dropped.
   */
  #answered(stream: Http2Stream): void {
    if (stream.remoteEnded) return this.#close(stream, true)
    stream.body?.drop()
    if (this.#lingering >= this.limits.streams) {
      this.#close(stream, true)
      return this.sender.reset(stream.id, NO_ERROR)
    }
    this.#lingering++
    stream.lingers = this.context.ticker.now + LINGER_TICKS
  }

  #turnAway(id: number, code: number, ended: boolean): void {
    if (!ended) this.streams.remember(id, true)
    this.sender.reset(id, code)
    this.#spendReset()
  }

  #close(stream: Http2Stream, byUs: boolean): void {
    stream.closed = true
    this.sender.forget(stream)
    this.streams.open.delete(stream.id)
    if (stream.lingers > 0) this.#lingering--
    if (!stream.remoteEnded) this.streams.remember(stream.id, byUs)
  }

  #leave(): void {
    if (--this.streams.running === 0) this.#whenQuiet()
  }

  #goAway(last: number, code: number, why: string): void {
    const text = Buffer.from(why)
    const payload = new Uint8Array(8 + text.byteLength)
    payload.set(text, putUint32(payload, putUint32(payload, 0, last), code))
    this.sender.control(GOAWAY, 0, 0, payload)
  }
}

function tooMany(what: string, limit: string): ConnectionFault {
  return new ConnectionFault(ENHANCE_YOUR_CALM, `too many ${what}`, limit)
}

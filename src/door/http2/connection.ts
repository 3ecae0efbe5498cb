import type { Socket } from 'node:net'
import { attach, type SocketEvents, taken } from '../../io/attach.ts'
import {
  ConnectionFault,
  ENHANCE_YOUR_CALM,
  NO_ERROR,
  PROTOCOL_ERROR,
  SETTINGS_TIMEOUT,
} from '../../protocol/http2/codes.ts'
import { FrameReader } from '../../protocol/http2/frame-reader.ts'
import { PREFACE } from '../../protocol/http2/frames.ts'
import type { EngineContext, Spoken } from '../context.ts'
import { FactsOfSocket } from '../socket-facts.ts'
import { Output } from './output.ts'
import { Session } from './session.ts'

/**
 * One HTTP/2 connection (RFC 9113 §3): it reads frames, has the session act on them, and writes what came of it when a
 * read is worked off. It ends when the client or the server wants it to, or when something has lasted too long.
 */
export class Http2Connection implements SocketEvents, Spoken {
  readonly socket: Socket
  readonly context: EngineContext
  readonly facts: FactsOfSocket
  readonly #output: Output
  readonly #session: Session
  readonly #reader = new FrameReader()
  /** `linger`: our side is ended; `gone`: closed. */
  #state: 'preface' | 'open' | 'linger' | 'gone' = 'preface'
  /** The tick at which the present state has lasted too long, while no exchange runs. */
  #deadline: number
  /** The tick by which the client must have acknowledged our settings. */
  readonly #settled: number
  /** Bytes of the preface that came. */
  #prefaceAt = 0
  /** What came while too much waited to be written. */
  #waiting: Buffer[] = []
  /** The stream whose field block is not complete, and since when. */
  #block = 0
  #blockSince = 0

  constructor(socket: Socket, context: EngineContext) {
    this.socket = socket
    this.context = context
    this.facts = new FactsOfSocket(socket)
    this.#output = new Output(socket, context)
    this.#deadline = context.ticker.now + context.ticks.head
    this.#settled = this.#deadline
    attach(socket, this)
    this.#output.gathering = true
    this.#session = new Session(this.facts, context, this.#output, () => this.#quiet())
    this.#output.gathering = false
    this.#output.flush()
  }

  received(bytes: Buffer): void {
    if (this.#state === 'linger' || this.#state === 'gone') return
    if (this.#waiting.length > 0) this.#wait(bytes, 0)
    else this.#read(bytes)
  }

  /** The client has ended its side: it has gone, for without a word of its own nobody can go on in HTTP/2. */
  halfClosed(): void {
    if (this.#state === 'gone') return
    this.#close()
    this.#session.gone()
  }

  drained(): void {
    this.#output.drained()
    if (this.#state === 'gone') return
    this.#output.gathering = true
    this.#session.sender.pump()
    this.#output.gathering = false
    this.#output.flush()
    this.#goOn()
  }

  closed(): void {
    this.#state = 'gone'
    this.#output.ended = true
    this.#waiting = []
    this.context.closed(this)
    this.#session.gone()
  }

  /** The client takes nothing of what is written. */
  stalled(): void {
    const { report } = this.context.site
    report?.('info', 'A connection was cut: timeouts.write.', { remote: this.facts.remote.address })
    this.socket.destroy()
  }

  tick(now: number): void {
    if (this.#state === 'open') this.#look(now)
    else if (this.#state !== 'gone' && now >= this.#deadline && !this.#output.blocked) this.socket.destroy()
  }

  /** The server is stopping: an idle connection closes now, the others when what runs is answered. */
  stop(): void {
    if (this.#state === 'linger' || this.#state === 'gone') return
    if (this.#session.streams.running > 0) return this.#session.finish()
    this.#session.goAway(NO_ERROR, '')
    this.#close()
    this.socket.end(() => this.socket.destroy())
  }

  #look(now: number): void {
    const { ticks } = this.context
    const session = this.#session
    const { block, begun, acknowledged } = session.inbound
    if (block.stream !== this.#block) {
      this.#block = block.stream
      this.#blockSince = now
    }
    if (this.#block !== 0 && now - this.#blockSince > ticks.head) {
      return this.#fault(new ConnectionFault(ENHANCE_YOUR_CALM, 'the fields did not come in time', 'timeouts.head'))
    }
    if (begun && !acknowledged && now >= this.#settled && this.#waiting.length === 0) {
      return this.#fault(new ConnectionFault(SETTINGS_TIMEOUT, 'our settings were not acknowledged', 'timeouts.head'))
    }
    session.tick()
    if (session.streams.running > 0 || this.#block !== 0 || now < this.#deadline || this.#output.blocked) return
    session.goAway(NO_ERROR, '')
    this.#close()
  }

  /** No exchange runs any more. */
  #quiet(): void {
    const { ticker, ticks } = this.context
    this.#deadline = ticker.now + ticks.idle
    if (this.#session.finishing === 'no') return
    // What is left in this read may be requests that are still answered.
    setImmediate(() => this.#closeIfQuiet())
  }

  #closeIfQuiet(): void {
    if (this.#state !== 'open' || this.#session.streams.running > 0) return
    this.#session.goAway(NO_ERROR, '')
    this.#close()
  }

  #read(bytes: Buffer): void {
    const output = this.#output
    const { inbound } = this.#session
    let at = 0
    output.gathering = true
    try {
      if (this.#state === 'preface') at = this.#readPreface(bytes)
      while (at < bytes.byteLength && this.#state === 'open' && !output.full) {
        at = this.#reader.step(bytes, at, inbound)
      }
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error
      this.#fault(error)
    } finally {
      output.gathering = false
    }
    output.flush()
    if (at < bytes.byteLength && this.#state === 'open') this.#wait(bytes, at)
  }

  #readPreface(bytes: Buffer): number {
    const size = Math.min(bytes.byteLength, PREFACE.length - this.#prefaceAt)
    for (let i = 0; i < size; i++) {
      if (bytes[i] !== PREFACE.charCodeAt(this.#prefaceAt + i)) {
        throw new ConnectionFault(PROTOCOL_ERROR, 'what came is no HTTP/2')
      }
    }
    this.#prefaceAt += size
    if (this.#prefaceAt === PREFACE.length) this.#state = 'open'
    return size
  }

  /** Keeps bytes until some of what waits is written. */
  #wait(bytes: Buffer, at: number): void {
    this.#waiting.push(Buffer.from(bytes.subarray(at)))
    this.socket.pause()
  }

  #goOn(): void {
    if (this.#waiting.length === 0) return
    const waiting = Buffer.concat(this.#waiting)
    this.#waiting = []
    if (this.#state === 'open') this.#read(waiting)
    if (this.#waiting.length === 0) this.socket.resume()
  }

  /** Nothing that comes after can be understood, or is wanted (RFC 9113 §5.4.1). */
  #fault({ code, message, limit }: ConnectionFault): void {
    const fields = { remote: this.facts.remote.address, code, detail: message, ...(limit !== undefined && { limit }) }
    this.context.site.report?.('info', `A connection was ended: ${limit ?? 'protocol error'}.`, fields)
    this.#session.goAway(code, message)
    this.#close()
    this.#session.gone()
  }

  /** Ends our side and reads on for a while, so that what was written is not lost with a reset (RFC 9112 §9.6). */
  #close(): void {
    if (this.#state === 'linger' || this.#state === 'gone') return
    this.#output.flush()
    this.#output.ended = true
    this.#waiting = []
    this.#state = 'linger'
    this.#deadline = this.context.ticker.now + this.context.ticks.linger
    // An ending socket gives no `drain`.
    if (this.#output.blocked) this.socket.end(() => this.#allTaken())
    else this.socket.end()
    this.socket.resume()
  }

  #allTaken(): void {
    taken(this.socket)
    this.#output.drained()
    this.#deadline = this.context.ticker.now + this.context.ticks.linger
  }
}

import type { Socket } from 'node:net'
import { attach, type SocketEvents } from '../../io/attach.ts'
import { endedByReset } from '../../io/end-of-socket.ts'
import { HttpError } from '../../message/errors.ts'
import { requestHead } from '../../protocol/scgi/request.ts'
import { type ApplicationAddress, COPIED, connectTo } from '../address.ts'
import { badAnswer, type Call, type CallEnd, type CgiEvents, type Wire } from '../call.ts'
import { ticksOf, unwatch, type Watched, watch } from '../clock.ts'
import { connectCode, notConnected } from '../connect-error.ts'

/** One request, and the connection that is its own (SCGI has no other). */
export class ScgiCall implements Wire, SocketEvents, Watched {
  watchedAt = -1
  /** Content that is at hand leaves with the variables. */
  readonly fed: boolean
  readonly #address: ApplicationAddress
  readonly #call: Call
  readonly #events: CgiEvents
  /** Looks at the clock that connecting may still take. */
  #patience: number
  #socket: Socket
  #state: 'connecting' | 'full' | 'open' | 'over' = 'connecting'
  #heard = false
  #timedOut = false
  /** What was written before there was a connection, and whether that was all. */
  #early: Uint8Array | undefined = undefined
  #paused = false

  /** @param connectTimeout In milliseconds. */
  constructor(address: ApplicationAddress, connectTimeout: number, call: Call, events: CgiEvents) {
    this.#address = address
    this.#call = call
    this.#events = events
    this.#patience = ticksOf(connectTimeout)
    this.fed = call.content === undefined || call.content.bytes !== undefined
    this.#socket = this.#connect()
    watch(this)
  }

  get process(): string {
    return this.#address.text
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state === 'over') return true
    if (this.#state !== 'open') {
      this.#early = bytes
      return false
    }
    // The socket may keep what it was given, and a small piece is the writer's again at once.
    return this.#socket.write(bytes.byteLength > COPIED ? bytes : Buffer.from(bytes))
  }

  /** CONTENT_LENGTH tells the end: a side that is ended would look to many like a client that has gone. */
  endInput(): void {}

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#socket.resume()
  }

  abort(): void {
    this.#leave()
  }

  received(bytes: Buffer): void {
    if (this.#state === 'over') return
    this.#heard = true
    this.#events.output(bytes)
  }

  /** The end of the answer. Of the content it wants no more, should there be any. */
  halfClosed(): void {
    if (endedByReset(this.#socket)) return this.#end({ error: this.#bad('the connection broke off') })
    this.#end(this.#heard ? {} : { error: this.#bad('it closed the connection') })
  }

  closed(): void {
    if (this.#state === 'over') return
    if (this.#state === 'open') return this.#end({ error: this.#bad('the connection broke off') })
    const code = this.#timedOut ? 'timeout' : (connectCode(this.#socket.errored) ?? 'closed')
    // Its queue is full: that may be over by the next look at the clock.
    if (code === 'EAGAIN' && this.#patience > 0) this.#state = 'full'
    else this.#end({ error: notConnected(this.#address.text, code), unbegun: true })
  }

  drained(): void {}
  stalled(): void {}

  tick(): void {
    if (--this.#patience > 0) {
      if (this.#state === 'full') this.#socket = this.#connect()
      return
    }
    if (this.#state === 'full') return this.closed()
    this.#timedOut = true
    this.#socket.destroy()
  }

  #connect(): Socket {
    this.#state = 'connecting'
    const socket = connectTo(this.#address)
    attach(socket, this)
    socket.once('connect', () => this.#connected(socket)).on('drain', () => this.#drain())
    return socket
  }

  /** Sends what is at hand in one write. */
  #connected(socket: Socket): void {
    unwatch(this)
    if (this.#state === 'over') return
    this.#state = 'open'
    const { variables, content } = this.#call
    let head: string
    try {
      head = requestHead(variables)
    } catch (cause) {
      return this.#end({ error: new HttpError(500, { cause }) })
    }
    if (this.#paused) socket.pause()
    const piece = this.#early ?? content?.bytes
    socket.cork()
    socket.write(head, 'latin1')
    const taken = piece === undefined || piece.byteLength === 0 || this.write(piece)
    socket.uncork()
    if (this.#early !== undefined && taken && !socket.writableNeedDrain) this.#events.drained()
    this.#early = undefined
  }

  #drain(): void {
    if (this.#state === 'open') this.#events.drained()
  }

  #end(end: CallEnd): void {
    if (this.#state === 'over') return
    this.#leave()
    this.#events.ended(end)
  }

  #leave(): void {
    this.#state = 'over'
    unwatch(this)
    this.#socket.destroy()
  }

  #bad(what: string): HttpError {
    const when = this.#heard ? 'within its answer' : 'without an answer'
    return badAnswer(`${this.#address.text}: ${what} ${when}`)
  }
}

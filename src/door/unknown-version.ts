import type { Socket } from 'node:net'
import { attach, type SocketEvents } from '../io/attach.ts'
import { PREFACE } from '../protocol/http2/frames.ts'
import type { EngineContext, Spoken } from './context.ts'
import { FactsOfSocket } from './socket-facts.ts'
import { stopDeadline } from './stopping.ts'

/**
 * A connection whose first bytes tell what is spoken on it: one that begins with the preface speaks HTTP/2 (RFC 9113
 * §3.3, prior knowledge), any other HTTP/1.
 */
export class UnknownVersion implements SocketEvents, Spoken {
  readonly socket: Socket
  readonly facts: FactsOfSocket
  readonly #context: EngineContext
  #deadline: number
  #begun: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, context: EngineContext) {
    this.socket = socket
    this.facts = new FactsOfSocket(socket)
    this.#context = context
    this.#deadline = context.ticker.now + context.ticks.head
    attach(socket, this)
  }

  received(bytes: Buffer): void {
    const begun = Buffer.concat([this.#begun, bytes])
    const size = Math.min(begun.byteLength, PREFACE.length)
    if (begun.toString('latin1', 0, size) !== PREFACE.slice(0, size)) this.#context.known(this, '1', begun)
    else if (size === PREFACE.length) this.#context.known(this, '2', begun)
    else this.#begun = begun
  }

  halfClosed(): void {
    this.socket.destroy()
  }

  drained(): void {}

  stalled(): void {}

  closed(): void {
    this.#context.closed(this)
  }

  tick(now: number): void {
    if (now >= this.#deadline) this.socket.destroy()
  }

  stop(): void {
    this.#deadline = Math.min(this.#deadline, stopDeadline(this.#context))
  }
}

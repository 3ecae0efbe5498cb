import type { Socket } from 'node:net'
import { attach, detach, type SocketEvents } from '../../io/attach.ts'
import { endedByReset } from '../../io/end-of-socket.ts'
import type { Headers } from '../../message/headers.ts'
import { type AnswerEvents, AnswerReader } from '../../protocol/http1/answer-reader.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import type { Switched } from '../call.ts'
import { RequestOutput } from './request-output.ts'
import type { Target } from './target.ts'

/** How a connection came to its end while a request ran on it. */
export interface Loss {
  /** What the system said where no connection came about; `timeout` where that took too long. */
  readonly connect: string | undefined
  /** What the upstream did that it must not. */
  readonly fault: string | undefined
  /** Whether it had been kept, and the upstream sent nothing since the request. */
  readonly stale: boolean
  /** Whether the system did not take what was written. */
  readonly unwritten: boolean
}

/** A request on a connection. */
export interface Traveller extends AnswerEvents {
  /** Whether the whole of the request was sent. */
  readonly sent: boolean
  /** The answer is complete. @param trailers The fields behind its content. */
  complete(trailers: Headers | undefined): void
  /** The upstream has switched the protocol. */
  switched(to: Switched): void
  /** The connection is gone. */
  lost(loss: Loss): void
  /** All that was written was taken. */
  drained(): void
}

/** Whose connections they are. */
export interface ConnectionOwner {
  /** Nothing runs on it any more. @param reusable Whether it is fit for another request. */
  freed(connection: UpstreamConnection, reusable: boolean): void
  /** It is closed, or taken over. @param connect As in `Loss`. @param running Whether a request ran on it. */
  lost(connection: UpstreamConnection, connect: string | undefined, running: boolean): void
}

let open = 0

/** How many connections to upstreams are open: what tests count. @internal */
export function openConnections(): number {
  return open
}

/** A connection to an upstream, with at most one request on it: none is sent before the answer to the last is complete. */
export class UpstreamConnection implements SocketEvents {
  readonly output: RequestOutput
  /** Requests that were begun here. */
  begun = 0
  /** Looks at the clock since it was opened, and since it rests. */
  age = 0
  rested = 0
  /** Whether it is closed, or about to be. */
  closing = false
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #reader = new AnswerReader()
  #request: Traveller | undefined = undefined
  #connected: boolean
  /** Whether anything came since the last request was begun. */
  #heard = false
  #paused = false
  #quiet = false
  #awaiting = false
  #timedOut = false
  #fault: string | undefined = undefined
  #ended = false

  constructor(target: Target, owner: ConnectionOwner) {
    this.#owner = owner
    this.#socket = target.connect()
    this.#connected = false
    // One listener a connection, not one a request.
    this.#socket.once(target.secure ? 'secureConnect' : 'connect', () => {
      this.#connected = true
    })
    this.output = new RequestOutput(this.#socket)
    open++
    attach(this.#socket, this)
  }

  /** Whether it has come about, the handshake of TLS included. */
  get connected(): boolean {
    return this.#connected
  }

  get heard(): boolean {
    return this.#heard || this.begun > 1
  }

  get resting(): boolean {
    return this.#request === undefined
  }

  /** How long the upstream lets it rest, in milliseconds; undefined where it did not say. */
  get restAllowed(): number | undefined {
    return this.#reader.rest
  }

  /** Takes a request. @param upgrade The protocols that it offers. */
  begin(request: Traveller, method: string, upgrade: string | undefined): void {
    if (this.#quiet) this.#socket.ref()
    this.#quiet = false
    this.#request = request
    this.#heard = false
    this.begun++
    this.#reader.begin(method, upgrade)
  }

  /** It has rested for a while, and holds no process open. */
  quiet(): void {
    if (this.#quiet) return
    this.#quiet = true
    this.#socket.unref()
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }

  /** Tells the request once when what was written is taken. */
  awaitDrain(): void {
    if (this.#awaiting) return
    this.#awaiting = true
    this.#socket.once('drain', this.#onDrain)
  }

  /** Closes it. A request that runs is told. @param fault What the upstream did, for the log. */
  close(fault?: string): void {
    if (this.#ended) return
    this.closing = true
    this.#fault ??= fault
    this.#reader.stop()
    this.#socket.destroy()
  }

  /** Closes it, and tells its request nothing any more. */
  drop(): void {
    this.#request = undefined
    this.close()
  }

  /** No connection has come about in time. */
  timeOut(): void {
    this.#timedOut = true
    this.close()
  }

  received(bytes: Buffer): void {
    this.#heard = true
    const request = this.#request
    // A connection that rests has nothing to say: it would be taken for the next answer (RFC 9112 §6.3, §9.2).
    if (request === undefined) return this.close()
    let at = 0
    try {
      at = this.#reader.read(bytes, request)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.close(error.message)
    }
    if (this.#reader.done) this.#complete(request, this.#reader.keeps && at === bytes.byteLength)
    else if (this.#reader.switched) this.#switch(request, bytes.subarray(at))
  }

  halfClosed(): void {
    const request = this.#request
    // One that was broken off may be told as an end, and its answer would look whole.
    if (request !== undefined && !endedByReset(this.#socket) && this.#reader.end()) this.#complete(request, false)
    this.close()
  }

  closed(): void {
    if (this.#ended) return
    this.#ended = true
    open--
    const error = this.#socket.errored as SystemError | null
    const connect = this.#timedOut ? 'timeout' : this.#connected ? undefined : connectCode(error)
    const request = this.#request
    this.#request = undefined
    this.#owner.lost(this, connect, request !== undefined)
    request?.lost({
      connect,
      fault: this.#fault,
      stale: this.begun > 1 && !this.#heard,
      unwritten: error?.syscall === 'write',
    })
  }

  drained(): void {}

  stalled(): void {}

  #complete(request: Traveller, keeps: boolean): void {
    this.#request = undefined
    this.resume()
    const reusable = keeps && request.sent && !this.closing && !this.#socket.destroyed
    request.complete(this.#reader.trailers)
    if (!reusable) this.close()
    this.#owner.freed(this, reusable)
  }

  /** The socket is whoever's the call is now. */
  #switch(request: Traveller, rest: Uint8Array): void {
    if (!request.sent) return this.close('a switch of the protocol before the request was sent')
    this.#ended = true
    this.#request = undefined
    open--
    this.resume()
    this.#socket.off('drain', this.#onDrain)
    detach(this.#socket)
    // What ends its side may still be told something.
    this.#socket.allowHalfOpen = true
    this.#owner.lost(this, undefined, true)
    request.switched({ socket: this.#socket, rest: Uint8Array.prototype.slice.call(rest) })
  }

  readonly #onDrain = (): void => {
    this.#awaiting = false
    this.#request?.drained()
  }
}

interface SystemError extends NodeJS.ErrnoException {
  readonly errors?: readonly NodeJS.ErrnoException[]
}

/** What kept a connection from coming about; of several tries of one host name the first. */
function connectCode(error: SystemError | null): string {
  const first = error?.errors?.[0] ?? error
  return first?.code ?? 'closed'
}

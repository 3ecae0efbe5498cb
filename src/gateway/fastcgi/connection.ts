import type { Socket } from 'node:net'
import { attach, type SocketEvents } from '../../io/attach.ts'
import { FastCgiFault } from '../../protocol/fastcgi/fault.ts'
import { type Answered, type Management, WebServerEnd } from '../../protocol/fastcgi/web-server.ts'
import { type ApplicationAddress, connectTo } from '../address.ts'
import { connectCode, wasReset } from '../connect-error.ts'
import { Output } from './output.ts'

/** How a connection came to its end. */
export interface Loss {
  /** What the system said where no connection came about; `timeout` where that took too long. */
  readonly connect: string | undefined
  /** What the application did that it must not. */
  readonly fault: string | undefined
  /** Whether it was reset while one request had it alone: then the application has not read all of that. */
  readonly reset: boolean
  /** Whether it was closed from here. */
  readonly ours: boolean
}

/** A request on a connection. */
export interface Traveller extends Answered {
  /**
   * The connection is gone.
   * @param first Whether it was opened for this request.
   * @param waiting Whether the application has not begun with it, since it had not ended another one.
   */
  lost(loss: Loss, first: boolean, waiting: boolean): void
  /** Called at each look at the clock. */
  tick?(): void
}

/** Who waits until what was written is taken. */
export interface Draining {
  drained(): void
}

/** Whose connections they are. */
export interface ConnectionOwner {
  /** Whether the application begins with a request only when it has ended the one that came before on the connection. */
  readonly serial: boolean
  /** Requests that ran on it have ended. What came with their ends has been read. */
  freed(connection: ApplicationConnection): void
  /** It is closed. @param running How many requests were active on it. */
  lost(connection: ApplicationConnection, loss: Loss, running: number): void
  /** The application does not know a type of record (§4.2). */
  unknownType(type: number): void
}

/** A connection to an application, with the requests that run on it. */
export class ApplicationConnection implements SocketEvents, Management {
  /** Bytes that a stream may be ahead of its reader; 0: without limit, as FastCGI has it. */
  readonly window: number
  readonly output: Output
  /** Whether the application takes the calls of objects in the whole form. */
  objects = false
  /** Whether the application was told to leave it open (§5.1). */
  keep = false
  /** Whether it takes no further requests. */
  retired = false
  /** Whether the request that runs on it wants it for itself. */
  exclusive = false
  /** Whether anything ever came from the application. */
  heard = false
  /** Requests that were begun here. */
  begun = 0
  /** When it was opened, and when its last request was begun, among all that its pool sent. */
  opened = 0
  last = 0
  /** Looks at the clock since it was opened, and since it rests. */
  age = 0
  rested = 0
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #end: WebServerEnd<Traveller>
  #draining: Draining[] | undefined = undefined
  #timedOut = false
  /** Whether the application closed it, or we did. */
  #left = false
  #dropped = false
  #fault: string | undefined = undefined
  #ended = false
  /** Whether requests ran beside one another when the last one was begun. */
  #crowded = false
  /** How many requests want no more for now, and whether the socket is stopped. */
  #paused = 0
  #stopped = false

  /** @param batched Whether requests share it, so that what is sent goes out once in a turn of the event loop. */
  constructor(address: ApplicationAddress, batched: boolean, window: number, owner: ConnectionOwner) {
    this.window = window
    this.#owner = owner
    this.#socket = connectTo(address)
    this.#end = new WebServerEnd<Traveller>(this)
    this.output = new Output(this.#socket, batched)
    attach(this.#socket, this)
  }

  get active(): number {
    return this.#end.active
  }

  get connecting(): boolean {
    return this.#socket.connecting
  }

  /** Whether a further request may be sent. */
  get usable(): boolean {
    if (this.retired || this.#end.spoiled || this.#end.full) return false
    return this.window > 0 || (!this.exclusive && this.#paused === 0)
  }

  /** Whether it is fit for another request now that none runs. */
  get reusable(): boolean {
    return this.keep && this.usable
  }

  /** Gives the request its id. @param keep Whether the application is told to leave the connection open. */
  begin(request: Traveller, keep: boolean): number {
    this.keep = keep
    this.#crowded = this.#end.active > 0
    if (!this.#crowded && this.begun > 0) this.#socket.ref()
    this.begun++
    return this.#end.begin(request)
  }

  /** A look at the clock, for those whose requests look at none themselves. */
  tick(): void {
    this.age++
    this.#end.forEach(looked)
  }

  /** It waits for its next request, and holds no process open. */
  rest(): void {
    this.rested = 0
    this.#socket.unref()
  }

  /**
   * A request wants no more for now. Without windows only the socket can be stopped, and with it all requests: that is
   * done once all of them want no more.
   */
  pause(): void {
    this.#paused++
    this.settle()
  }

  resume(): void {
    this.#paused--
    this.settle()
  }

  /** Stops or goes on reading as the requests that are active want it. */
  settle(): void {
    if (this.window > 0) return
    const stop = this.#paused > 0 && this.#paused === this.#end.active
    if (stop === this.#stopped) return
    this.#stopped = stop
    if (stop) this.#socket.pause()
    else this.#socket.resume()
  }

  /** Tells once when what was written is taken. */
  awaitDrain(waiting: Draining): void {
    if (this.#draining === undefined) {
      this.#draining = []
      this.#socket.once('drain', this.#onDrain)
    }
    this.#draining.push(waiting)
  }

  /** Closes it. What runs here is told that it broke off. @param fault What the application did, for the log. */
  close(fault?: string): void {
    if (this.#ended) return
    this.#fault ??= fault
    this.#dropped = !this.#left
    this.retired = true
    this.#end.stopReading()
    this.#socket.destroy()
  }

  /** No connection has come about in time. */
  timeOut(): void {
    this.#timedOut = true
    this.close()
  }

  received(bytes: Buffer): void {
    this.heard = true
    const before = this.#end.ended
    try {
      this.#end.read(bytes)
    } catch (error) {
      if (!(error instanceof FastCgiFault)) throw error
      this.close(error.message)
    }
    if (this.#end.active === 0 && this.#end.spoiled) this.close()
    if (this.#end.ended === before) return
    this.settle()
    this.#owner.freed(this)
  }

  halfClosed(): void {
    this.#left = true
    this.close()
  }

  closed(): void {
    if (this.#ended) return
    this.#ended = true
    this.retired = true
    const first = this.begun === 1 || !this.heard
    const { errored } = this.#socket
    const connect = this.#timedOut ? 'timeout' : connectCode(errored)
    const reset = !this.#crowded && wasReset(errored)
    const loss: Loss = { connect, fault: this.#fault, reset, ours: this.#dropped }
    const requests = this.#end.stop()
    this.#owner.lost(this, loss, requests.length)
    for (const [index, request] of requests.entries()) request.lost(loss, first, this.#owner.serial && index > 0)
  }

  drained(): void {}

  stalled(): void {}

  unknownType(type: number): void {
    this.#owner.unknownType(type)
  }

  readonly #onDrain = (): void => {
    const draining = this.#draining ?? []
    this.#draining = undefined
    for (const waiting of draining) waiting.drained()
  }
}

function looked(request: Traveller): void {
  request.tick?.()
}

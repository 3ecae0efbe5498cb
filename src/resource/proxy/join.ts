import type { Switched } from '../../gateway/call.ts'
import { ticksOf, unwatch, type Watched, watch } from '../../gateway/clock.ts'
import type { UpgradedSocket } from '../../message/response.ts'

/** Milliseconds for the rest of what was written, once one side is gone. */
const LINGER = 5000
/** Milliseconds without a byte that are left to one side once the other has ended its own. */
const HALF = 60_000
/** Milliseconds in which the client must take over what its back end has switched: at once, unless something failed. */
const TAKEN_OVER = 10_000

/**
 * A connection of a client and one of a back end that have left HTTP: what comes on one goes out on the other, no faster
 * than it is taken there. An end of one side is passed on as that; a failure ends both.
 */
export class Tunnel implements Watched {
  watchedAt = -1
  readonly #back: UpgradedSocket
  readonly #rest: Uint8Array
  readonly #idle: number
  #client: UpgradedSocket | undefined = undefined
  #quiet = 0
  #open = 1
  #limit = ticksOf(TAKEN_OVER)

  /** @param idle Milliseconds without a byte in either direction after which both are closed; 0 for never. */
  constructor({ socket, rest }: Switched, idle: number) {
    this.#back = socket
    this.#rest = rest
    this.#idle = idle
    // Nothing is read of it yet. That it may fail must be heard all the same.
    socket.on('error', ignore)
    socket.on('close', () => this.#closed(this.#client))
    watch(this)
  }

  /** The client's connection is ours now. @param early What it sent behind its request. */
  take(client: UpgradedSocket, early: Uint8Array): void {
    const back = this.#back
    this.#client = client
    if (this.#open === 0) return void client.destroy()
    this.#open++
    this.#limit = ticksOf(this.#idle)
    this.#quiet = 0
    client.on('error', ignore)
    client.on('close', () => this.#closed(back))
    if (early.byteLength > 0) back.write(early)
    if (this.#rest.byteLength > 0) client.write(this.#rest)
    this.#carry(client, back)
    this.#carry(back, client)
  }

  /** Nobody takes it over: the client has gone. */
  drop(): void {
    if (this.#client === undefined) this.#end()
  }

  tick(): void {
    if (++this.#quiet > this.#limit) this.#end()
  }

  #carry(from: UpgradedSocket, to: UpgradedSocket): void {
    from.on('data', (bytes) => {
      this.#quiet = 0
      if (!to.write(bytes)) from.pause()
    })
    to.on('drain', () => {
      this.#quiet = 0
      from.resume()
    })
    // A client may send its request, and its end at once: it has been heard then, and is not told again.
    if (from.readableEnded === true) this.#passEnd(to)
    else from.on('end', () => this.#passEnd(to))
  }

  /** A side that never answers the end of the other with its own must not stay for as long as it likes. */
  #passEnd(to: UpgradedSocket): void {
    to.end()
    this.#limit = Math.min(this.#limit, ticksOf(HALF))
  }

  /** What the other side has not been sent yet it still gets, and then its end. */
  #closed(other: UpgradedSocket | undefined): void {
    if (--this.#open === 0 || other === undefined) return this.#end()
    this.#quiet = 0
    this.#limit = ticksOf(LINGER)
    other.end()
    // Nobody is there for what it says.
    other.resume()
  }

  #end(): void {
    unwatch(this)
    this.#back.destroy()
    this.#client?.destroy()
  }
}

function ignore(): void {}

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Engine } from '../../src/door/engine.ts'
import type { Version } from '../../src/io/listener.ts'

/** What one piece after the other is given to; `read` tells what came back so far. */
export interface Ends {
  /** The engine's end. */
  readonly socket: MemorySocket
  /** Gives the engine one piece, which it gets in one `data` event. */
  give(piece: string | Uint8Array): void
  /** Ends the client's side. */
  end(): void
  /** What the engine wrote, one character a byte. */
  readonly read: string
}

/**
 * A socket without a system below it. Over loopback the kernel joins what is written in a row, so that a test of pieces
 * would mostly test whole messages; here each piece is one `data` event, as long as the engine does not pause. All the
 * rest is Node's own Duplex: pausing, buffering behind it, half-close, `drain`, and destroying.
 */
export class MemorySocket extends Duplex {
  readonly remotePort: number = 50000
  readonly localAddress: string = '127.0.0.1'
  readonly localPort: number = 80
  readonly remoteAddress: string
  written = ''
  /** Set where the engine broke the connection off by a reset. */
  wasReset = false
  /** Set where the engine ended its side. */
  wasEnded = false
  /** While true, nothing is taken from the engine: a client that does not read. */
  stuck = false
  /** What the system says to the next write: a client that has reset the connection. */
  broken: Error | undefined = undefined
  #taken: (() => void) | undefined = undefined

  constructor(remoteAddress: string = '127.0.0.1') {
    super({ allowHalfOpen: true })
    this.remoteAddress = remoteAddress
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error) => void): void {
    if (this.broken !== undefined) return taken(this.broken)
    const take = (): void => {
      this.written += chunk.toString('latin1')
      taken()
    }
    if (this.stuck) this.#taken = take
    else take()
  }

  /** As with a real one, that it is closed is told later than the error of a write. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.broken === undefined) done(error)
    else setImmediate(() => done(error))
  }

  override _final(done: () => void): void {
    this.wasEnded = true
    done()
  }

  /** The client reads again. */
  unstick(): void {
    this.stuck = false
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  /** Whether somebody watches that what is written is taken. */
  get watched(): boolean {
    const slot = Object.getOwnPropertySymbols(this).find(({ description }) => description === 'watch')
    return slot !== undefined && (this as unknown as Record<symbol, unknown>)[slot] !== undefined
  }

  resetAndDestroy(): this {
    this.wasReset = true
    this.destroy()
    return this
  }
}

/** Opens a connection in memory to an engine, which need not listen. */
export function connectInMemory(engine: Engine, remoteAddress?: string, version: Version = '1'): Ends {
  const socket = new MemorySocket(remoteAddress)
  const accepted = socket as unknown as Socket
  if (engine.admit(accepted)) engine.speak(accepted, version)
  // As with real sockets, which all read into one buffer: what the engine kept without copying it is spoiled.
  socket.on('data', (bytes: Buffer) => bytes.fill('!'))
  return {
    socket,
    give: (piece) => void socket.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece)),
    end: () => void socket.push(null),
    get read() {
      return socket.written
    },
  }
}

/** Fulfilled when all that was put off in this process, by promises and by the next turns of the loop, has happened. */
export async function settled(turns: number = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

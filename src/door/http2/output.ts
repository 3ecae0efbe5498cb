import type { Socket } from 'node:net'
import { awaitDrain } from '../../io/attach.ts'
import { FRAME_HEAD, MAX_PAYLOAD } from '../../protocol/http2/frames.ts'
import type { EngineContext } from '../context.ts'

/** Bytes that are gathered before they are written: four of the largest frames, and what goes with them. */
const ROOM: number = 4 * (FRAME_HEAD + MAX_PAYLOAD) + 1024
/** Bytes that may wait to be written before nothing more is read: a client that only asks must not fill memory. */
const MAX_WAITING: number = 2 * ROOM
/** Rooms that are kept for the next write on any connection. */
const MAX_SPARE = 16

const spare: Buffer[] = []

/**
 * The writing side of a connection. Frames are put into a room of bytes, which is written as a whole when a read has
 * been worked off, or at the end of the turn. A room serves again once the system has taken what was in it.
 */
export class Output {
  /** Whether the socket holds more than it should: nothing that can wait is to be written before `drained`. */
  blocked = false
  /** Whether somebody is at work who will flush. */
  gathering = false
  /** Whether our side is ended: what is put here now is forgotten. */
  ended = false
  /** Where the next bytes go in the room that `reserve` gave. */
  at = 0
  readonly #socket: Socket
  readonly #context: EngineContext
  #room: Buffer | undefined = undefined
  #scheduled = false

  constructor(socket: Socket, context: EngineContext) {
    this.#socket = socket
    this.#context = context
  }

  /** Whether so much waits that nothing new should be begun. */
  get full(): boolean {
    return this.blocked && this.at + this.#socket.writableLength > MAX_WAITING
  }

  /** A room with place for so many bytes, from `at` on: whoever fills it moves `at`. */
  reserve(bytes: number): Buffer {
    if (this.#room !== undefined && this.at + bytes > this.#room.byteLength) this.flush()
    if (this.#room !== undefined) return this.#room
    this.#room = bytes > ROOM ? Buffer.allocUnsafeSlow(bytes) : (spare.pop() ?? Buffer.allocUnsafeSlow(ROOM))
    if (!this.gathering && !this.#scheduled) {
      this.#scheduled = true
      setImmediate(flushOutput, this)
    }
    return this.#room
  }

  /** Writes what was gathered. */
  flush(): void {
    const room = this.#room
    if (room === undefined) return
    const bytes = room.subarray(0, this.at)
    this.#room = undefined
    this.at = 0
    if (this.ended) return
    const below = this.#socket.write(bytes, (error) => {
      // After an error nobody knows who still looks at it.
      if (!error && room.byteLength === ROOM && spare.length < MAX_SPARE) spare.push(room)
    })
    if (below || this.blocked) return
    this.blocked = true
    awaitDrain(this.#socket, this.#context.timeouts.write)
  }

  /** The end of the turn has come. */
  turnOver(): void {
    this.#scheduled = false
    this.flush()
  }

  /** The socket has written all it held. */
  drained(): void {
    this.blocked = false
  }
}

function flushOutput(output: Output): void {
  output.turnOver()
}

import { Socket } from 'node:net'
import type { Libc } from './libc.ts'

/** Gets what a pipe carries, and undefined once for its end. Bytes are good during the call only. */
export type Take = (bytes: Buffer | undefined) => void

/** What came goes into one buffer for all pipes: see `src/io/shared-read.ts`. */
const shared = Buffer.allocUnsafeSlow(65536)

/** Reads in a row: more than a pipe holds, so that a flood cannot keep this process from everything else. */
const MOST_READS = 32

/**
 * Our end of a pipe out of a program. A stream costs 40 µs, and most programs have ended, with all that they said in
 * the pipe, before anybody could read: so it gets one only when the program runs for longer (`attach`).
 */
export class OutputPipe {
  #libc: Libc
  #descriptor: number
  #take: Take
  #socket: Socket | undefined
  #open = true

  constructor(libc: Libc, descriptor: number, take: Take) {
    this.#libc = libc
    this.#descriptor = descriptor
    this.#take = take
  }

  get open(): boolean {
    return this.#open
  }

  /** Reads what is there now: the pipe may be full, but whoever still writes is not waited for. */
  drain(): void {
    for (let reads = 0; this.#open && this.#socket === undefined; reads++) {
      if (reads === MOST_READS) return this.attach()
      const size = this.#libc.read(this.#descriptor, shared)
      if (size < 0) return
      if (size === 0) this.#ended()
      else this.#take(shared.subarray(0, size))
    }
  }

  /** Reads from now on as things come. */
  attach(): void {
    if (!this.#open || this.#socket !== undefined) return
    const callback = (size: number, buffer: Uint8Array): boolean => {
      if (this.#open) this.#take((buffer as Buffer).subarray(0, size))
      return true
    }
    // The types of Node 20 know `onread` for sockets that connect only.
    const onread: object = { onread: { buffer: shared, callback } }
    const socket = new Socket({ fd: this.#descriptor, readable: true, writable: false, ...onread })
    this.#socket = socket
    socket.on('end', () => this.#ended())
    // A pipe that cannot be read carries nothing more.
    socket.on('error', () => this.#ended())
    socket.resume()
  }

  pause(): void {
    this.attach()
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  /** Tells nothing more. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    if (this.#socket === undefined) this.#libc.close(this.#descriptor)
    else this.#socket.destroy()
  }

  #ended(): void {
    if (!this.#open) return
    this.close()
    this.#take(undefined)
  }
}

import type { Socket } from 'node:net'

/** What Node knows of the writes on a socket, under no public name; the parent is the connection below TLS. */
interface Handle {
  readonly bytesWritten?: number
  readonly writeQueueSize?: number
  readonly _parent?: Handle | null
}

/**
 * Watches whether the other side takes what is written to it; a part of a write counts, for slow is not stalled. The
 * socket's own timer is of no use here: it begins again with every byte that comes, so that a client which asks for
 * much, reads nothing and sends a byte now and then would keep its connection for ever.
 */
export class StallWatch {
  readonly #socket: Socket
  readonly #stalled: (this: Socket) => void
  readonly #timer: NodeJS.Timeout
  #taken: number

  /** @param stalled Called once, after so many milliseconds, and at most twice as many, in which nothing was taken. */
  constructor(socket: Socket, milliseconds: number, stalled: (this: Socket) => void) {
    this.#socket = socket
    this.#stalled = stalled
    this.#taken = takenBytes(socket)
    this.#timer = setTimeout(() => this.#look(), milliseconds).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #look(): void {
    const taken = takenBytes(this.#socket)
    if (taken === this.#taken) return this.#stalled.call(this.#socket)
    this.#taken = taken
    this.#timer.refresh()
  }
}

/** Bytes that the system has taken so far. What was only handed to Node grows with every write, and tells nothing. */
function takenBytes(socket: Socket): number {
  const handle = (socket as { _handle?: Handle | null })._handle
  const lowest = handle?._parent ?? handle
  return (lowest?.bytesWritten ?? 0) - (lowest?.writeQueueSize ?? 0)
}

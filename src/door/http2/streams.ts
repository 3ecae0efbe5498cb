import type { Http2Stream } from './stream.ts'

/** Streams that are remembered after they were closed while the client was sending. */
const MAX_REMEMBERED = 256

/** How a stream that a frame came for was closed. */
export type Closed = 'by-us' | 'by-client' | 'whole'

/** The streams of a connection: those that are open, and what must be known of those that are closed. */
export class Streams {
  readonly open: Map<number, Http2Stream> = new Map()
  /** The highest that the client has opened. */
  last = 0
  /** Exchanges that run; also those whose stream is closed, while their resource is still at work. */
  running = 0
  /** Streams that were closed before the client had ended its side, and whether that was by us. */
  readonly #broken = new Map<number, boolean>()
  /** Up to here is forgotten what was broken. */
  #forgotten = 0

  /** What is sent on it from now on crosses with the close, and is to be passed over (RFC 9113 §5.1). */
  remember(stream: number, byUs: boolean): void {
    this.#broken.set(stream, byUs)
    if (this.#broken.size <= MAX_REMEMBERED) return
    const [oldest = 0] = this.#broken.keys()
    this.#broken.delete(oldest)
    this.#forgotten = Math.max(this.#forgotten, oldest)
  }

  /** How a stream that is not open was closed; undefined where it was never opened. */
  closed(stream: number): Closed | undefined {
    if (stream > this.last || stream % 2 === 0) return undefined
    const byUs = this.#broken.get(stream)
    if (byUs === undefined) return stream <= this.#forgotten ? 'by-us' : 'whole'
    return byUs ? 'by-us' : 'by-client'
  }
}

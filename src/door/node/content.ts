import type { Readable } from 'node:stream'
import type { HostContent } from '../host/request.ts'

/** A request of Node's, and what body parsers leave on it. */
export interface ContentStream extends Readable {
  readonly rawTrailers: string[]
  /** The content as it came, where a body parser was told to keep it. */
  readonly rawBody?: unknown
}

/** The content of a request of Node's. Giving it up does not destroy the stream: the answer goes out on the same socket. */
export class NodeContent implements HostContent {
  readonly #stream: ContentStream

  constructor(stream: ContentStream) {
    this.#stream = stream
  }

  get trailers(): readonly string[] {
    return this.#stream.rawTrailers
  }

  /** @throws TypeError where somebody else has read it. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const stream = this.#stream
    if (!stream.readableDidRead) return stream.iterator({ destroyOnReturn: false })
    if (stream.rawBody instanceof Uint8Array) return once(stream.rawBody)
    throw new TypeError(
      'something before Oriel has read the content of this request: put Oriel before the body parsers, or have them keep the bytes in rawBody',
    )
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  yield bytes
}

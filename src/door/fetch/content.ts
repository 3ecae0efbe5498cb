import type { HostContent } from '../host/request.ts'

/** The content of a platform's Request, pulled: what is not asked for stays with the runtime. */
export class FetchContent implements HostContent {
  readonly #stream: ReadableStream<Uint8Array>

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#stream = stream
  }

  /** @throws TypeError where somebody else reads it. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    // Not the stream's own iterator: some runtimes have none.
    const reader = this.#stream.getReader()
    return {
      next: async () => {
        const { done, value } = await reader.read()
        return done ? { done, value: undefined } : { done, value }
      },
      return: async () => {
        await reader.cancel()
        return { done: true, value: undefined }
      },
    }
  }
}

import type { HostContent } from '../host/request.ts'

/** The content of a platform's Request, pulled: what is not asked for stays with the runtime. */
export class FetchContent implements HostContent {
  readonly #stream: ReadableStream<Uint8Array>
  readonly #failed: () => void

  /** @param failed Told when it cannot be read to its end. */
  constructor(stream: ReadableStream<Uint8Array>, failed: () => void) {
    this.#stream = stream
    this.#failed = failed
  }

  /** @throws TypeError where somebody else reads it. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    // Not the stream's own iterator: some runtimes have none.
    const reader = this.#stream.getReader()
    return {
      next: async () => {
        try {
          const { done, value } = await reader.read()
          return done ? { done, value: undefined } : { done, value }
        } catch (error) {
          this.#failed()
          throw error
        }
      },
      return: async () => {
        await reader.cancel()
        return { done: true, value: undefined }
      },
    }
  }
}

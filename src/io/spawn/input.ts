import type { Writable } from 'node:stream'
import type { SpawnEvents, SpawnedInput } from './contract.ts'

/** The end of a pipe into a program. A program that reads no further is its own affair: EPIPE is no error. */
export class StreamInput implements SpawnedInput {
  #stream: Writable

  constructor(stream: Writable, events: SpawnEvents) {
    this.#stream = stream
    stream.on('drain', () => events.inputDrained())
    stream.on('close', () => events.inputClosed())
    stream.on('error', () => stream.destroy())
  }

  write(bytes: Uint8Array): boolean {
    return this.#stream.write(bytes)
  }

  end(): void {
    this.#stream.end()
  }

  destroy(): void {
    this.#stream.destroy()
  }
}

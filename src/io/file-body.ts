import type { SizedBody } from '../message/body.ts'
import { type FileFacts, FileReader } from './file.ts'

/** How much of a file is read and written at once, in bytes: large enough to be quick, small enough for slow clients. */
export const BLOCK_SIZE: number = 512 * 1024

/** Buffers given back, for the next file; at most 16 are kept. */
const POOL_SIZE = 16
const pool: Buffer[] = []

/**
 * One state of a file, or a part of it, as a body. The file is opened at the first pull, so a body that is never read
 * holds nothing. Each chunk is the reader's until the next pull. A file that was changed since its head was made fails
 * at the first pull, and one that changes meanwhile fails before the last block: a mixture never looks whole.
 */
export class FileBody implements SizedBody {
  readonly size: number
  readonly #path: string
  readonly #facts: FileFacts
  readonly #start: number
  readonly #told: ToldAs

  /**
   * @param path The real path, links resolved and checked.
   * @param told What is thrown instead of an error that opening the file meets.
   */
  constructor(path: string, facts: FileFacts, told: ToldAs = same, start: number = 0, end: number = facts.size) {
    this.#path = path
    this.#facts = facts
    this.#told = told
    this.#start = start
    this.size = end - start
  }

  slice(start: number, end: number): SizedBody {
    return new FileBody(this.#path, this.#facts, this.#told, this.#start + start, this.#start + end)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.#open()
    const buffer = pool.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE)
    try {
      for (let sent = 0; sent < this.size; ) {
        const left = this.size - sent
        const block = left >= BLOCK_SIZE ? buffer : buffer.subarray(0, left)
        await reader.read(block, this.#start + sent)
        sent += block.byteLength
        if (sent === this.size) reader.verify()
        yield block
      }
    } finally {
      if (pool.length < POOL_SIZE) pool.push(buffer)
      await reader.close()
    }
  }

  #open(): FileReader {
    try {
      return FileReader.open(this.#path, this.#facts)
    } catch (error) {
      throw this.#told(error)
    }
  }
}

type ToldAs = (error: unknown) => unknown

function same(error: unknown): unknown {
  return error
}

import type { SizedBody } from '../message/body.ts'
import { giveBlock, takeBlock } from './blocks.ts'
import { type FileFacts, FileReader } from './file.ts'
import { KeptFile } from './kept-file.ts'

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
    const file = new KeptFile(() => this.#open())
    const buffer = takeBlock(this.size)
    try {
      for (let sent = 0; sent < this.size; ) {
        const left = this.size - sent
        const block = left >= buffer.byteLength ? buffer : buffer.subarray(0, left)
        await file.read(block, this.#start + sent, block.byteLength === left)
        sent += block.byteLength
        yield block
      }
    } finally {
      giveBlock(buffer)
      await file.close()
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

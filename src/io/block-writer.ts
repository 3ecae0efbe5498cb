import * as fs from 'node:fs'

/** How much is written at once, in bytes. */
const BLOCK_SIZE = 128 * 1024

/**
 * Writes a file in large blocks: one is filled while the system takes the other, so that neither who sends nor the disk
 * waits for each piece. What is given to it is copied, and the caller's again at once. Holds two blocks at the most.
 */
export class BlockWriter {
  /** Bytes given to it. */
  size = 0
  readonly #fd: number
  #block: Buffer
  #filled = 0
  #other: Buffer | undefined = undefined
  #writing: Promise<void> | undefined = undefined

  /** @param expected How many bytes will come, where that is known. */
  constructor(fd: number, expected: number = BLOCK_SIZE) {
    this.#fd = fd
    this.#block = Buffer.allocUnsafeSlow(Math.max(1, Math.min(expected, BLOCK_SIZE)))
  }

  /** Fulfilled, or undefined at once, when there is room for more. @throws the system's error, ENOSPC among them. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.size += bytes.byteLength
    if (bytes.byteLength > this.#block.byteLength - this.#filled) return this.#writeOver(bytes)
    this.#take(bytes)
    return undefined
  }

  /** Fulfilled when the system has taken everything. @throws the system's error. */
  async end(): Promise<void> {
    await this.#turn()
    await this.#writing
  }

  /** Fulfilled when nothing is under way any more: the file can be closed. */
  async settled(): Promise<void> {
    await this.#writing?.catch(toldBefore)
  }

  async #writeOver(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const end = Math.min(bytes.byteLength, at + this.#block.byteLength - this.#filled)
      this.#take(bytes.subarray(at, end))
      at = end
      if (this.#filled === this.#block.byteLength) await this.#turn()
    }
  }

  #take(bytes: Uint8Array): void {
    this.#block.set(bytes, this.#filled)
    this.#filled += bytes.byteLength
  }

  async #turn(): Promise<void> {
    await this.#writing
    const full = this.#block
    this.#writing = writeAll(this.#fd, full.subarray(0, this.#filled))
    // Whoever waits for it next is told; until then nobody is, and that must not end the process.
    this.#writing.catch(toldBefore)
    this.#block = this.#other ?? Buffer.allocUnsafeSlow(full.byteLength)
    this.#other = full
    this.#filled = 0
  }
}

function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let written = 0
    const step = (): void => {
      if (written === bytes.byteLength) return resolve()
      fs.write(fd, bytes, written, bytes.byteLength - written, null, (error, count) => {
        if (error !== null) return reject(error)
        written += count
        step()
      })
    }
    step()
  })
}

function toldBefore(): void {}

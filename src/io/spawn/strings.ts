import type { SpawnOptions } from './contract.ts'

const POINTER = 8

/**
 * argv and envp as the system takes them: lists of pointers that end with a null pointer, and the texts behind them, in
 * one piece of memory that is used again for the next start.
 */
export class Strings {
  argv: Buffer
  envp: Buffer
  #addressOf: (bytes: Buffer) => bigint
  #bytes: Buffer
  #words: Uint32Array
  /** Of `#bytes`: below 2^48, as the system places memory, so a number is exact. */
  #address = 0

  constructor(addressOf: (bytes: Buffer) => bigint) {
    this.#addressOf = addressOf
    this.#bytes = this.argv = this.envp = Buffer.allocUnsafeSlow(0)
    this.#words = new Uint32Array(0)
    this.#allocate(8192)
  }

  set({ args, env }: SpawnOptions): void {
    const pointers = (args.length + env.length + 2) * POINTER
    const joined = `${env.join('\0')}\0`
    let size = pointers + joined.length
    for (const text of args) size += Buffer.byteLength(text) + 1
    if (size > this.#bytes.length) this.#allocate(size)
    let at = pointers
    let pointer = 0
    for (const text of args) {
      this.#point(pointer++, at)
      at += this.#bytes.write(text, at, 'utf8')
      this.#bytes[at++] = 0
    }
    this.#end(pointer++)
    this.envp = this.#bytes.subarray(pointer * POINTER)
    this.#bytes.write(joined, at, 'latin1')
    for (const text of env) {
      this.#point(pointer++, at)
      at += text.length + 1
    }
    this.#end(pointer)
  }

  #allocate(size: number): void {
    const whole = Math.ceil(size / 4096) * 4096
    this.#bytes = this.argv = Buffer.allocUnsafeSlow(whole)
    this.#words = new Uint32Array(this.#bytes.buffer)
    this.#address = Number(this.#addressOf(this.#bytes))
  }

  /** Both machines that this runs on put the low half first. */
  #point(pointer: number, at: number): void {
    const address = this.#address + at
    this.#words[2 * pointer] = address % 2 ** 32
    this.#words[2 * pointer + 1] = Math.floor(address / 2 ** 32)
  }

  #end(pointer: number): void {
    this.#words[2 * pointer] = 0
    this.#words[2 * pointer + 1] = 0
  }
}

import type { Writable } from 'node:stream'
import type { AnswerSender } from './carrier.ts'
import { COPIED, latin1, Output } from './output.ts'

/** What is sent for a request: the answer as it is, whose end is that of the connection, or of the program's output. */
export class StreamSender implements AnswerSender {
  bytes = 0
  readonly #output: Output
  #over = false

  constructor(to: Writable) {
    this.#output = new Output(to, () => {})
  }

  text(text: string): boolean {
    if (this.#over) return false
    this.bytes += text.length
    this.#output.text(text)
    return true
  }

  async content(bytes: Uint8Array): Promise<void> {
    if (this.#over) return
    this.bytes += bytes.byteLength
    if (bytes.byteLength <= COPIED) this.#output.text(latin1(bytes))
    else await this.#output.bytes('', bytes)
    await this.#output.room()
  }

  /** Holds what is given until `flush`, so that it goes out in one write. */
  hold(): void {
    this.#output.held = true
  }

  flush(): void {
    this.#output.held = false
    this.#output.flush()
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#over = true
  }

  /** The connection is closed. */
  closed(): void {
    this.#over = true
    this.#output.closed()
  }
}

import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { type ReadAnswer, readAnswer } from './answers.ts'

/** How a connection ended: by FIN, or by a reset or another error. */
export type Closing = 'end' | 'reset'

/** A client that says exactly what a test wants it to say, and tells exactly what came. */
export class RawClient {
  readonly socket: Socket
  /** All that came, one character a byte. */
  text = ''
  /** How the server ended its side; undefined while it has not. */
  closing: Closing | undefined = undefined
  #at = 0
  #waiters: (() => void)[] = []

  /** @param socket Connected, or about to be. */
  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1')
      this.#wake()
    })
    socket.on('error', () => this.#close('reset'))
    socket.on('end', () => this.#close('end'))
    socket.on('close', () => this.#close('reset'))
  }

  static async open(to: NetConnectOpts): Promise<RawClient> {
    const socket = connect({ noDelay: true, allowHalfOpen: true, ...to })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawClient(socket)
  }

  send(data: string | Uint8Array): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
  }

  /** Ends our side. */
  end(): void {
    this.socket.end()
  }

  /** The next whole answer. @throws Error where the server ends before, or sends something else. */
  async answer(method: string = 'GET'): Promise<ReadAnswer> {
    for (;;) {
      const parsed = readAnswer(this.text, this.#at, method, this.closing === 'end')
      if (parsed !== undefined) {
        this.#at = parsed.end
        return parsed.answer
      }
      if (this.closing !== undefined) {
        throw new Error(`closed by ${this.closing} after ${JSON.stringify(this.text.slice(this.#at, this.#at + 200))}`)
      }
      await this.#more()
    }
  }

  /** Waits until what came fulfils a condition. @throws Error where the server ends before. */
  async until(holds: (text: string) => boolean): Promise<void> {
    while (!holds(this.text)) {
      if (this.closing !== undefined) throw new Error(`closed by ${this.closing} after ${JSON.stringify(this.text)}`)
      await this.#more()
    }
  }

  /** Waits until the server has ended its side, and tells how. */
  async closed(): Promise<Closing> {
    while (this.closing === undefined) await this.#more()
    return this.closing
  }

  /** What came and was not read as an answer. */
  get rest(): string {
    return this.text.slice(this.#at)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  #close(closing: Closing): void {
    this.closing ??= closing
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}

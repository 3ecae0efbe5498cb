import { connect, type Socket } from 'node:net'
import { requestHead } from '../../src/protocol/scgi/request.ts'

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly variables?: Readonly<Record<string, string>>
}

/** A request as a web server sends it, one character a byte. */
export function request({ method = 'GET', path = '/', body = '', variables = {} }: Asked = {}): string {
  const all = {
    CONTENT_LENGTH: String(body.length),
    REQUEST_METHOD: method,
    REQUEST_URI: path,
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_NAME: 'h',
    SERVER_PORT: '80',
    REMOTE_ADDR: '192.0.2.7',
    ...variables,
  }
  return requestHead(Object.entries(all).flat()) + body
}

/** A web server's end of one connection, in the hand of a test. */
export class ScgiEnd {
  readonly socket: Socket
  /** What came, one character a byte. */
  came = ''
  /** How it came to its end. */
  how: 'open' | 'ended' | 'reset' = 'open'
  #waiters: (() => void)[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    const told = (how: 'ended' | 'reset'): void => {
      if (this.how === 'open') this.how = how
      this.#wake()
    }
    socket.on('data', (bytes) => {
      this.came += bytes.toString('latin1')
      this.#wake()
    })
    socket
      .on('error', () => told('reset'))
      .on('end', () => told('ended'))
      .on('close', () => told('ended'))
  }

  /** @param address As an application tells it: `unix:PATH` or `host:port`. */
  static open(address: string): Promise<ScgiEnd> {
    return new Promise((resolve, reject) => {
      const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? []
      const where = address.startsWith('unix:') ? { path: address.slice(5) } : { host, port: Number(port) }
      const socket = connect({ ...where, allowHalfOpen: true }, () => {
        socket.off('error', reject)
        resolve(new ScgiEnd(socket))
      })
      socket.once('error', reject)
    })
  }

  send(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  /** All that comes, once nothing follows. */
  async answer(): Promise<string> {
    await this.until(() => this.how !== 'open')
    return this.came
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}

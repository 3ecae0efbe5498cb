import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A request as it came: its head, and what of its content came in the same read or was announced by Content-Length. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly head: string
  readonly content: string
  readonly socket: Socket
  /** Which one on its connection it is, from 1 on. */
  readonly turn: number
}

/** What is done with a request whose content is not waited for. */
export interface Early {
  readonly answer: string
  /** What came, the head included. */
  data?(bytes: string, socket: Socket): void
  closed?(): void
}

/** An HTTP server that says exactly what a test wants it to say. */
export class ScriptedUpstream {
  readonly asked: Asked[] = []
  /** Connections since it began, and those that are open. */
  accepted = 0
  /** Looks at a head when it has come; where it says so the content is not waited for, and nothing else is read there. */
  refuses: (head: string, socket: Socket) => Early | undefined = () => undefined
  readonly open = new Set<Socket>()
  readonly #script: (asked: Asked) => void
  readonly #server: Server

  /** @param script Called for each request once its head has come, and its content where Content-Length announces one. */
  constructor(script: (asked: Asked) => void) {
    this.#script = script
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  async listen(to: { readonly path: string } | { readonly port: number } = { port: 0 }): Promise<string> {
    this.#server.listen({ ...to, ...('port' in to && { host: '127.0.0.1' }) })
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'string' ? `unix:${address}` : `http://127.0.0.1:${address?.port}`
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    this.accepted++
    this.open.add(socket)
    let text = ''
    let turn = 0
    let early: Early | undefined
    socket.on('error', () => {})
    socket.on('close', () => this.open.delete(socket))
    socket.on('end', () => socket.end())
    socket.on('data', (bytes: Buffer) => {
      if (early !== undefined) return early.data?.(bytes.toString('latin1'), socket)
      text += bytes.toString('latin1')
      for (;;) {
        const end = text.indexOf('\r\n\r\n') + 4
        if (end >= 4) early = this.refuses(text.slice(0, end), socket)
        if (early !== undefined) {
          const { closed, answer } = early
          if (closed !== undefined) socket.on('close', closed)
          socket.write(answer)
          return early.data?.(text, socket)
        }
        const size = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0)
        if (end < 4 || text.length < end + size) return
        const [method = '', path = ''] = text.split(' ', 2)
        const asked = {
          method,
          path,
          head: text.slice(0, end),
          content: text.slice(end, end + size),
          socket,
          turn: ++turn,
        }
        text = text.slice(end + size)
        this.asked.push(asked)
        this.#script(asked)
      }
    })
  }
}

/** An answer with a length. */
export function answerOf(content: string, fields: string = '', status: string = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${content.length}\r\n\r\n${content}`
}

import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { HeadReader } from '../../src/protocol/scgi/head-reader.ts'

/** A request as an application got it. */
export interface Got {
  readonly variables: readonly string[]
  /** What of the content has come, one character a byte. */
  content: string
  readonly socket: Socket
}

/** What an application does once it has the variables; told again with each piece of the content. */
export type Script = (got: Got, which: number) => void

/** An SCGI application in the hand of a test. */
export class ScgiProgram {
  /** `host:port`, or `unix:PATH`. */
  address = ''
  readonly sockets = new Set<Socket>()
  /** How many connections there were. */
  connections = 0

  /** @param where A path, where it is to be a Unix socket. */
  static async start(t: TestContext, script: Script, where?: string): Promise<ScgiProgram> {
    const made = new ScgiProgram()
    const server = createServer({ allowHalfOpen: true }, (socket) => made.#accept(socket, script))
    await new Promise<void>((resolve) =>
      where === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(where, resolve),
    )
    made.address = where === undefined ? `127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${where}`
    t.after(async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of made.sockets) socket.destroy()
      await closed
    })
    return made
  }

  #accept(socket: Socket, script: Script): void {
    const which = this.connections++
    this.sockets.add(socket)
    const reader = new HeadReader(1e6)
    let got: Got | undefined
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket))
    socket.on('end', () => socket.end())
    socket.on('data', (bytes) => {
      if (got === undefined) {
        const at = reader.take(bytes)
        if (at < 0) return
        got = { variables: reader.variables, content: bytes.toString('latin1', at), socket }
      } else got.content += bytes.toString('latin1')
      script(got, which)
    })
  }
}

/** Whether the content has come. */
export function isWhole({ variables, content }: Got): boolean {
  return content.length === Number(variables[1])
}

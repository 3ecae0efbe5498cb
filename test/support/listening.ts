import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'

/** A server of a test that listens on a port of the system's choice. */
export interface Listening {
  readonly port: number
  /** Cuts all connections and waits until the server is closed. */
  close(): Promise<void>
}

export async function listening(server: Server): Promise<Listening> {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

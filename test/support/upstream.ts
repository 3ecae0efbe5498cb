import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A server behind a proxy, for a test. */
export interface TestUpstream {
  readonly url: string
  readonly port: number
  readonly server: Server
}

/** Starts an HTTP server of Node.js on loopback; closed after the test. @param path A Unix socket in its place. */
export async function startUpstream(t: TestContext, listener: RequestListener, path?: string): Promise<TestUpstream> {
  const server = createServer(listener)
  // node:http closes what rests for five seconds, and looks every thirty.
  server.keepAliveTimeout = 60_000
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  if (path !== undefined) return { url: `unix:${path}`, port: 0, server }
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, server }
}

/** A server that says to each connection what the test has it say. */
export interface RawUpstream {
  readonly url: string
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>
}

/** Starts a server without a protocol on loopback; closed after the test. */
export async function startRawUpstream(t: TestContext, accept: (socket: Socket) => void): Promise<RawUpstream> {
  const sockets = new Set<Socket>()
  const server = createTcpServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

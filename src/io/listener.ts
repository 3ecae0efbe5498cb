import { lstat, unlink } from 'node:fs/promises'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { CertificateFiles } from './tls.ts'

/** Where a server listens: a port, or a Unix socket; with certificates, by TLS. */
export interface ListenAddress {
  /** 0 lets the system choose. */
  readonly port?: number
  /** An address or a name; `127.0.0.1` where it is left out. */
  readonly host?: string
  /** The path of a Unix socket, instead of a port. */
  readonly unix?: string
  readonly tls?: readonly CertificateFiles[]
  /** Whether HTTP/2 is spoken too: by TLS unless this is false, else only where it is true. */
  readonly http2?: boolean
}

/** The version of HTTP that is spoken on a connection; `?` where its first bytes tell. */
export type Version = '1' | '2' | '?'

export interface Listener {
  /** The address as a URL, with the port that the system chose; `unix:` and the path for a Unix socket. */
  readonly url: string
  readonly secure: boolean
  /** Stops accepting. Connections that are open stay. */
  close(): Promise<void>
}

export interface Accepting {
  /** A connection was opened: whether to go on with it. */
  admit(socket: Socket): boolean
  /** A connection was opened on which TLS comes first. */
  admitSilent(socket: Socket): void
  /** A connection is ready to be spoken on. */
  speak(socket: Socket, version: Version): void
  /** Milliseconds for a TLS handshake. */
  readonly handshake: number
}

/** Opens a listening socket. @throws the system's error: EADDRINUSE, EACCES and the like. */
export async function listen(address: ListenAddress, accepting: Accepting): Promise<Listener> {
  const server =
    address.tls === undefined ? plainServer(address, accepting) : await tlsServer(address.tls, address, accepting)
  const where: ListenOptions =
    address.unix === undefined ? { port: address.port ?? 0, host: address.host ?? '127.0.0.1' } : { path: address.unix }
  try {
    await open(server, where)
  } catch (error) {
    if (
      address.unix === undefined ||
      (error as NodeJS.ErrnoException).code !== 'EADDRINUSE' ||
      !(await isSocket(address.unix)) ||
      (await answers(address.unix))
    )
      throw error
    // A server that was killed leaves its socket behind; nobody answers there, so the name is free.
    await unlink(address.unix)
    await open(server, where)
  }
  const secure = address.tls !== undefined
  return { url: urlOf(server, address, secure), secure, close: () => closeServer(server) }
}

function plainServer({ http2 }: ListenAddress, accepting: Accepting): Server {
  const version = http2 === true ? '?' : '1'
  return createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    if (accepting.admit(socket)) accepting.speak(socket, version)
  })
}

/** TLS is loaded by those who use it: it is a megabyte of memory. */
async function tlsServer(
  certificates: readonly CertificateFiles[],
  { http2 }: ListenAddress,
  accepting: Accepting,
): Promise<Server> {
  const [tls, { tlsOptions }] = await Promise.all([import('node:tls'), import('./tls.ts')])
  const options = {
    ...tlsOptions(certificates, http2 !== false),
    noDelay: true,
    handshakeTimeout: accepting.handshake,
  }
  const server = tls.createServer(options, (socket) => {
    // Not before: who ends its side within the handshake has gone, and would stay half open for good.
    socket.allowHalfOpen = true
    accepting.speak(socket, socket.alpnProtocol === 'h2' ? '2' : '1')
  })
  server.on('connection', (socket: Socket) => accepting.admitSilent(socket))
  // A handshake that takes too long is only told here: nobody else closes the socket.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return server
}

function open(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ backlog: 1024, ...where }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** A name that was mistyped may be that of somebody's file, which must not be removed. */
async function isSocket(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSocket() ?? false
}

/** Whether somebody listens on a Unix socket. One that is too busy, or lets us not in, is somebody too. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'))
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

function urlOf(server: Server, address: ListenAddress, secure: boolean): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return `unix:${address.unix}`
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  const port = bound.port === (secure ? 443 : 80) ? '' : `:${bound.port}`
  return `http${secure ? 's' : ''}://${host}${port}`
}

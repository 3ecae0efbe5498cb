import { lstat, unlink } from 'node:fs/promises'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { bindWithRights } from './socket-mode.ts'
import type { CertificateFiles } from './tls.ts'

/** Where a server listens: a port, or a Unix socket; with certificates, by TLS. */
export interface ListenAddress {
  /** 0 lets the system choose. */
  readonly port?: number
  /** An address or a name; `127.0.0.1` where it is left out. */
  readonly host?: string
  /** The path of a Unix socket, instead of a port. */
  readonly unix?: string
  /** Who may use the Unix socket, in octal: `0660`. As the umask leaves it where it is left out. */
  readonly mode?: string
  /** The group of the Unix socket, by name or number; its `mode` is `0660` then where it is left out. */
  readonly group?: string
  readonly tls?: readonly CertificateFiles[]
}

/** An address, perhaps with a socket that listens there already, by its descriptor. */
export interface ListenPlace extends ListenAddress {
  readonly fd?: number
}

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
  speak(socket: Socket): void
  /** The system could not accept a connection. */
  failed(error: Error): void
  /** Milliseconds for a TLS handshake. */
  readonly handshake: number
}

/** Opens a listening socket. @throws the system's error: EADDRINUSE, EACCES and the like. */
export async function listen(address: ListenPlace, accepting: Accepting): Promise<Listener> {
  const server = address.tls === undefined ? plainServer(accepting) : await tlsServer(address.tls, accepting)
  try {
    await open(server, address, (error) => accepting.failed(error))
  } catch (error) {
    if (
      address.unix === undefined ||
      address.fd !== undefined ||
      (error as NodeJS.ErrnoException).code !== 'EADDRINUSE' ||
      !(await isSocket(address.unix)) ||
      (await answers(address.unix))
    )
      throw error
    // A server that was killed leaves its socket behind; nobody answers there, so the name is free.
    await unlink(address.unix)
    await open(server, address, (error) => accepting.failed(error))
  }
  const secure = address.tls !== undefined
  return { url: urlOf(server, address, secure), secure, close: () => closeServer(server) }
}

function plainServer(accepting: Accepting): Server {
  return createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    if (accepting.admit(socket)) accepting.speak(socket)
  })
}

/** TLS is loaded by those who use it: it is a megabyte of memory. */
async function tlsServer(certificates: readonly CertificateFiles[], accepting: Accepting): Promise<Server> {
  const [tls, { tlsOptions }] = await Promise.all([import('node:tls'), import('./tls.ts')])
  const options = {
    ...tlsOptions(certificates),
    noDelay: true,
    handshakeTimeout: accepting.handshake,
  }
  const server = tls.createServer(options, (socket) => {
    // Not before: who ends its side within the handshake has gone, and would stay half open for good.
    socket.allowHalfOpen = true
    accepting.speak(socket)
  })
  server.on('connection', (socket: Socket) => accepting.admitSilent(socket))
  // A handshake that takes too long is only told here: nobody else closes the socket.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return server
}

function open(server: Server, address: ListenPlace, failed: (error: Error) => void): Promise<void> {
  const { unix, mode, group, fd } = address
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const begin = (): boolean =>
      server.listen({ backlog: 1024, ...whereOf(address) }, () => {
        server.off('error', reject)
        // One that nobody listens to would end the process.
        server.on('error', failed)
        resolve()
      }).listening
    if (unix === undefined || fd !== undefined || (mode ?? group) === undefined) begin()
    else bindWithRights(unix, address, begin)
  }).catch((error: unknown) => {
    if (server.listening) server.close()
    throw error
  })
}

function whereOf({ port = 0, host = '127.0.0.1', unix, fd }: ListenPlace): ListenOptions & { fd?: number } {
  if (fd !== undefined) return { fd }
  return unix === undefined ? { port, host } : { path: unix }
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

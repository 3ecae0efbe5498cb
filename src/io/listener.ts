import { lstat, unlink } from 'node:fs/promises'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { CertificateFiles } from './tls.ts'

/** Where a server listens: a port, or a Unix socket; with certificates, by TLS. */
export interface ListenAddress {
  /** 0 lets the system choose. */
  readonly port?: number
  /** An address or a name; `127.0.0.1` where it is left out. */
  readonly host?: string
  /** The path of a Unix socket, instead of a port. */
  readonly unix?: string
  /** Certificates, or `acme` for those that an authority gives automatically. */
  readonly tls?: readonly CertificateFiles[] | 'acme'
}

/** Certificates that come, and are replaced, while the server runs. */
export interface AutomaticTls {
  /** Those that are there now. */
  readonly certificates: readonly CertificateFiles[]
  /** Whether an authority may come and look: only then is `peek` called. */
  readonly pending: boolean
  /** Sees a connection before the handshake: answers an authority, and calls `handshake` for everybody else. */
  peek(socket: Socket, handshake: () => void, milliseconds: number): void
}

export interface Listener {
  /** The address as a URL, with the port that the system chose; `unix:` and the path for a Unix socket. */
  readonly url: string
  readonly secure: boolean
  /** Whether its certificates are the automatic ones. */
  readonly automatic: boolean
  /**
   * New handshakes get these certificates; connections that are open stay. @throws Error that names the file that is
   * wrong, and goes on with those before.
   */
  renew(certificates: readonly CertificateFiles[]): void
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
  /** Milliseconds for a TLS handshake. */
  readonly handshake: number
  /** What `tls: 'acme'` stands for. */
  readonly automatic?: AutomaticTls | undefined
}

/** Opens a listening socket. @throws the system's error: EADDRINUSE, EACCES and the like. */
export async function listen(address: ListenAddress, accepting: Accepting): Promise<Listener> {
  const automatic = address.tls === 'acme'
  const certificates = address.tls === 'acme' ? (accepting.automatic?.certificates ?? []) : address.tls
  const { server, renew } =
    certificates === undefined ? plainServer(accepting) : await tlsServer(certificates, accepting, automatic)
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
  return { url: urlOf(server, address, secure), secure, automatic, renew, close: () => closeServer(server) }
}

type Opened = Pick<Listener, 'renew'> & { readonly server: Server }

function plainServer(accepting: Accepting): Opened {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    if (accepting.admit(socket)) accepting.speak(socket)
  })
  return { server, renew: () => undefined }
}

/** TLS is loaded by those who use it: it is a megabyte of memory. */
async function tlsServer(
  certificates: readonly CertificateFiles[],
  accepting: Accepting,
  automatic: boolean,
): Promise<Opened> {
  const [tls, { tlsOptions }] = await Promise.all([import('node:tls'), import('./tls.ts')])
  let current = tlsOptions(certificates)
  const options: TlsOptions = {
    ...current,
    SNICallback: (name, done) => current.SNICallback?.(name, done),
    noDelay: true,
    handshakeTimeout: accepting.handshake,
  }
  const server = tls.createServer(options, (socket) => {
    // Not before: who ends its side within the handshake has gone, and would stay half open for good.
    socket.allowHalfOpen = true
    accepting.speak(socket)
  })
  if (automatic && accepting.automatic !== undefined) peekAt(server, accepting.automatic, accepting.handshake)
  server.on('connection', (socket: Socket) => accepting.admitSilent(socket))
  // A handshake that takes too long is only told here: nobody else closes the socket.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  const renew = (next: readonly CertificateFiles[]): void => {
    const options = tlsOptions(next)
    server.setSecureContext(options)
    current = options
  }
  return { server, renew }
}

/** Puts a look at new connections before the handshake that Node begins with them. */
function peekAt(server: Server, automatic: AutomaticTls, milliseconds: number): void {
  const begin = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const handshake = (): void => {
      for (const one of begin) one.call(server, socket)
    }
    if (automatic.pending) automatic.peek(socket, handshake, milliseconds)
    else handshake()
  })
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

import { createServer, type Server, type Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import { type Bound, bind, type ListenAddress, listenError } from './bound.ts'
import type { Certificate } from './certificate.ts'

/** What a listener needs beside its address, where somebody made it before. */
export interface ListenWith {
  /** The address, taken already. */
  readonly bound?: Bound
  /** The certificates, read already; without them TLS is not spoken. */
  readonly certificates?: readonly Certificate[]
  /** The authorities of `clients`, PEM, read already. */
  readonly authorities?: string
  /** By which TLS sessions are taken up again: 48 bytes. Several processes that serve the same address share them. */
  readonly ticketKeys?: Buffer
}

/** Certificates that come, and are replaced, while the server runs. */
export interface AutomaticTls {
  /** Those that are there now. */
  readonly certificates: readonly Certificate[]
  /** Whether an authority may come and look: only then is `peek` called. */
  readonly pending: boolean
  /** Sees a connection before the handshake: answers an authority, and calls `handshake` for everybody else. */
  peek(socket: Socket, handshake: () => void, milliseconds: number): void
}

/** The version of HTTP that is spoken on a connection; `?` where its first bytes tell. */
export type Version = '1' | '2' | '?'

export interface Accepting {
  /** A connection was opened: whether to go on with it. */
  admit(socket: Socket): boolean
  /** A connection was opened on which TLS comes first: whether to go on with it. */
  admitSilent(socket: Socket): boolean
  /** Loads what is spoken at an address, before the first connection there. */
  prepare(address: ListenAddress): Promise<void>
  /** A connection is ready to be spoken on. */
  speak(socket: Socket, version: Version): void
  /** The system could not accept a connection. */
  failed(error: Error): void
  /** Milliseconds for a TLS handshake. */
  readonly handshake: number
  /** What `tls: 'acme'` stands for. */
  readonly automatic?: AutomaticTls | undefined
}

/** A socket that listens. What it speaks can be changed while it does. */
export class Listener {
  readonly bound: Bound
  readonly #server: Server
  readonly #accepting: Accepting
  #tls: Tls | undefined
  /** What is spoken without TLS. */
  #plain: Version
  /** Host and port, as the system chose them. */
  #authority = ''

  private constructor(bound: Bound, accepting: Accepting, tls: Tls | undefined, plain: Version) {
    this.bound = bound
    this.#accepting = accepting
    this.#tls = tls
    this.#plain = plain
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  /** Opens a listening socket. @throws the system's error: EADDRINUSE, EACCES and the like. */
  static async open(address: ListenAddress, accepting: Accepting, given: ListenWith = {}): Promise<Listener> {
    await accepting.prepare(address)
    const tls = await tlsFor(address, accepting, given)
    const bound = given.bound ?? (await bind(address))
    const listener = new Listener(bound, accepting, tls, plainVersion(address))
    try {
      await listener.#listen()
      return listener
    } catch (error) {
      bound.close()
      throw error
    }
  }

  get secure(): boolean {
    return this.#tls !== undefined
  }

  /** The address as a URL, with the port that the system chose; `unix:` and the path for a Unix socket. */
  get url(): string {
    const { unix } = this.bound.address
    if (unix !== undefined) return `unix:${unix}`
    const [scheme, port] = this.secure ? ['https', ':443'] : ['http', ':80']
    return `${scheme}://${this.#authority.endsWith(port) ? this.#authority.slice(0, -port.length) : this.#authority}`
  }

  /**
   * From now on speaks by these certificates, or without TLS where there are none; connections that are open stay.
   * Returns the change to be made at once: all that can fail has happened then.
   */
  async prepare(address: ListenAddress, given: ListenWith = {}): Promise<() => void> {
    await this.#accepting.prepare(address)
    const ticketKeys = given.ticketKeys ?? this.#tls?.server.getTicketKeys()
    const tls = await tlsFor(address, this.#accepting, ticketKeys === undefined ? given : { ...given, ticketKeys })
    return () => {
      this.#tls = tls
      this.#plain = plainVersion(address)
    }
  }

  /** Where the certificates are the automatic ones: new handshakes get these. @throws Error that says which is wrong. */
  async renew(certificates: readonly Certificate[]): Promise<void> {
    if (this.#tls?.address.tls !== 'acme') return
    const { address, authorities } = this.#tls
    const change = await this.prepare(address, { certificates, ...(authorities !== undefined && { authorities }) })
    change()
  }

  /** Stops accepting. Connections that are open stay; fulfilled when the last one has gone. */
  close(leave: boolean = false): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.bound.close(leave)
    })
  }

  #accept(socket: Socket): void {
    const tls = this.#tls
    if (tls === undefined) {
      if (this.#accepting.admit(socket)) this.#accepting.speak(socket, this.#plain)
      return
    }
    // Who ends its side within the handshake has gone, and would stay half open for good.
    socket.allowHalfOpen = false
    if (!this.#accepting.admitSilent(socket)) return
    const { automatic, handshake } = this.#accepting
    if (tls.address.tls === 'acme' && automatic?.pending === true) {
      automatic.peek(socket, () => tls.server.emit('connection', socket), handshake)
    } else tls.server.emit('connection', socket)
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = this.#server
      // Node does not know what address the handle has.
      const failed = ({ code = '' }: NodeJS.ErrnoException): void => reject(listenError(code, this.bound.address))
      server.once('error', failed)
      server.listen(this.bound.handle, BACKLOG, () => {
        server.off('error', failed)
        // One that nobody listens to would end the process.
        server.on('error', (error) => this.#accepting.failed(error))
        const bound = server.address()
        if (bound !== null && typeof bound === 'object') {
          this.#authority = `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
        }
        resolve()
      })
    })
  }
}

/** Connections that wait to be accepted, as far as the system allows. */
const BACKLOG = 1024

interface Tls {
  readonly server: TlsServer
  readonly address: ListenAddress
  readonly authorities: string | undefined
}

/** A client that knows beforehand that HTTP/2 is spoken may begin with it (RFC 9113 §3.3). */
function plainVersion({ http2 }: ListenAddress): Version {
  return http2 === true ? '?' : '1'
}

/** TLS is loaded by those who use it: it is a megabyte of memory. */
async function tlsFor(
  address: ListenAddress,
  accepting: Accepting,
  { certificates, authorities: given, ticketKeys }: ListenWith,
): Promise<Tls | undefined> {
  if (address.tls === undefined) return undefined
  const [tls, { tlsOptions }, { readAuthorities, readCertificates }] = await Promise.all([
    import('node:tls'),
    import('./tls.ts'),
    import('./certificate.ts'),
  ])
  const chosen =
    certificates ?? (address.tls === 'acme' ? (accepting.automatic?.certificates ?? []) : readCertificates(address.tls))
  // Automatic ones may be on their way.
  if (chosen.length === 0 && address.tls !== 'acme') throw new TypeError('tls needs at least one certificate')
  const { clients } = address
  const authorities = clients === undefined ? undefined : (given ?? readAuthorities(clients))
  const asked = authorities === undefined ? undefined : { authorities, demanded: clients?.demanded === true }
  const options = {
    ...tlsOptions(chosen, address.http2, asked),
    ...(ticketKeys !== undefined && { ticketKeys }),
    handshakeTimeout: accepting.handshake,
  }
  const server = tls.createServer(options, (socket) => {
    // Not before: see above.
    socket.allowHalfOpen = true
    accepting.speak(socket, socket.alpnProtocol === 'h2' ? '2' : '1')
  })
  // A handshake that takes too long is only told here: nobody else closes the socket.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return { server, address, authorities }
}

import { fstatSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { type Networks, networks, peerAddress } from '../../io/addresses.ts'
import { type Bound, bind, type ListenAddress, listenError } from '../../io/bound.ts'
import type { Report } from '../../message/exchange.ts'

/** One connection of a web server. */
export interface FromWebServer {
  /** The application is stopping: what runs is answered, nothing more is taken. */
  stop(): void
  /** Cuts everything off. */
  cut(): void
}

export interface ListeningOptions {
  /** Connections at once; the next one is closed. */
  readonly maxConnections: number
  /** The addresses from which web servers may connect; undefined: all. Unix sockets are open to whom their permissions let in. */
  readonly webServerAddresses: readonly string[] | undefined
  /** Milliseconds for running requests when the application stops. */
  readonly stopTimeout: number
  readonly report: Report | undefined
}

/** Connections that wait to be accepted, as far as the system allows. */
const BACKLOG = 1024

/** Where an application listens for web servers, and the connections that it has with them. */
export class Listening {
  /** `unix:PATH`, `host:port` with the port that the system chose, or `descriptor 0`. */
  address = ''
  readonly #options: ListeningOptions
  readonly #allowed: Networks | undefined
  readonly #speak: (socket: Socket) => FromWebServer
  readonly #server: Server
  readonly #connections = new Set<FromWebServer>()
  #bound: Bound | undefined = undefined
  #closing: Promise<void> | undefined = undefined

  /** @param speak Has a connection begin. @throws TypeError for an address that is no network. */
  constructor(options: ListeningOptions, speak: (socket: Socket) => FromWebServer) {
    this.#options = options
    this.#speak = speak
    const { webServerAddresses: allowed } = options
    this.#allowed = allowed === undefined ? undefined : networks([...allowed, 'unix'])
    const accepting = { noDelay: true, allowHalfOpen: true, keepAlive: true }
    this.#server = createServer(accepting, (socket) => this.#accept(socket))
  }

  /**
   * @param where Where it is left out, the listening socket on descriptor 0.
   * @throws TypeError for what is no address, the system's error where it cannot be listened on.
   */
  async listen(where: string | ListenAddress | undefined): Promise<void> {
    const server = this.#server
    const address = where === undefined ? undefined : typeof where === 'string' ? addressOf(where) : where
    if (address === undefined && !fstatSync(0).isSocket()) {
      throw new TypeError('descriptor 0 is no socket: give listen, as in { listen: "unix:/run/app.sock" }')
    }
    const bound = address === undefined ? undefined : await bind(address)
    this.#bound = bound
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        bound?.close()
        reject(address === undefined ? error : listenError(error.code ?? '', address))
      }
      server.once('error', failed)
      server.listen(bound?.handle ?? { fd: 0 }, BACKLOG, () => {
        server.off('error', failed)
        server.on('error', (error) => this.#options.report?.('error', 'A connection could not be accepted.', { error }))
        resolve()
      })
    })
    this.address = named(server, address)
  }

  /** Accepts nothing more. Fulfilled when the last connection is closed; those that take too long are cut off. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** A connection is closed. */
  closed(connection: FromWebServer): void {
    this.#connections.delete(connection)
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#bound?.close()
    for (const connection of this.#connections) connection.stop()
    const late = setTimeout(() => {
      for (const connection of this.#connections) connection.cut()
    }, this.#options.stopTimeout)
    await closed
    clearTimeout(late)
  }

  /** FastCGI §3.2: who is not listed is not spoken to. */
  #accept(socket: Socket): void {
    const { maxConnections, report } = this.#options
    const address = peerAddress(socket)
    if (this.#allowed !== undefined && !this.#allowed.has(address)) {
      report?.('warn', 'A connection was refused: its address is not in webServerAddresses.', { address })
      socket.destroy()
    } else if (this.#connections.size >= maxConnections) {
      report?.('warn', 'A connection was refused: maxConnections.', { connections: maxConnections })
      socket.destroy()
    } else this.#connections.add(this.#speak(socket))
  }
}

/** An option that is a number. @throws TypeError for one that is none. */
export function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new TypeError(`${name} is ${value}: expected a whole number from ${least} on`)
}

/** An address in words. @throws TypeError for one that is none. */
function addressOf(text: string): ListenAddress {
  if (text.startsWith('unix:') && text.length > 5) return { unix: text.slice(5) }
  const [, ip6, name, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65535) {
    throw new TypeError(`${JSON.stringify(text)} is no address: give unix:PATH or host:port`)
  }
  return { host: (ip6 ?? name) || '127.0.0.1', port: Number(port) }
}

function named(server: Server, address: ListenAddress | undefined): string {
  if (address === undefined) return 'descriptor 0'
  if (address.unix !== undefined) return `unix:${address.unix}`
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return ''
  return `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}

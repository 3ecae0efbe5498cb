import { fstatSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { type Networks, networks } from '../../io/addresses.ts'
import { type Bound, bind, type ListenAddress, listenError } from '../../io/bound.ts'
import type { Report } from '../../message/exchange.ts'
import type { Logger } from '../../message/interface.ts'
import { maxConns, maxReqs, mpxsConns, window as windowName } from '../../protocol/fastcgi/codes.ts'
import { FastCgiConnection } from './connection.ts'
import type { FastCgiContext, RoleSites } from './context.ts'
import { sitesOf } from './roles.ts'

export interface FastCgiOptions {
  /**
   * `unix:PATH`, `host:port`, or an address as in the config. Where it is left out, the listening socket that the web
   * server or spawn-fcgi hands over on descriptor 0.
   */
  readonly listen?: string | ListenAddress
  /** Connections at once; the next one is closed. 1024 where it is left out. */
  readonly maxConnections?: number
  /** Requests at once on all connections; the next one is refused as overloaded. 1024 where it is left out. */
  readonly maxRequests?: number
  /** Bytes that the variables of one request may have; more is 431. 262144 where it is left out. */
  readonly maxParams?: number
  /**
   * Bytes that may be sent ahead on a stream of a multiplexed request, between ends of Oriel; 65536 where it is left out,
   * 0 for no windows.
   */
  readonly window?: number
  /**
   * The addresses from which web servers may connect, or ranges of them. Where it is left out those of the environment's
   * FCGI_WEB_SERVER_ADDRS; all where that is not there. Unix sockets are open to whom their permissions let in.
   */
  readonly webServerAddresses?: readonly string[]
  /** Milliseconds for running requests when the application stops; 10000 where it is left out. */
  readonly stopTimeout?: number
  /** The error log, beside that of the web server. */
  readonly report?: Report
  /** Told of every exchange; for a Site, its own are. */
  readonly log?: readonly Logger[]
  readonly limits?: {
    /** Bytes that a body may have: 1 MiB where it is left out; a Site has its own. */
    readonly body?: number
  }
}

/** A FastCGI application that runs. */
export interface FastCgiServer {
  /** `unix:PATH`, `host:port` with the port that the system chose, or `descriptor 0`. */
  readonly address: string
  /**
   * Stops: accepts nothing more, refuses new requests, and closes each connection after the requests that run, all of
   * them after `stopTimeout`. Fulfilled when the last one is closed.
   */
  close(): Promise<void>
}

/** Connections that wait to be accepted, as far as the system allows. */
const BACKLOG = 1024

/**
 * Answers as a FastCGI application (FastCGI 1.0): what nginx, Apache, lighttpd, Caddy or Oriel ask it.
 * @param app A Site, a resource (what a module would export), or `{ responder, authorizer, filter }`.
 * @throws TypeError for an app or options that cannot be, the system's error where an address cannot be listened on.
 */
export async function serveFastCgi(app: unknown, options: FastCgiOptions = {}): Promise<FastCgiServer> {
  const application = new Application(sitesOf(app, options), options)
  await application.listen(options.listen)
  return application
}

class Application implements FastCgiServer, FastCgiContext {
  readonly sites: RoleSites
  readonly values: ReadonlyMap<string, string>
  readonly window: number
  readonly maxParams: number
  readonly maxRequests: number
  readonly report: Report | undefined
  running = 0
  address = ''
  readonly #maxConnections: number
  readonly #allowed: Networks | undefined
  readonly #stopTimeout: number
  readonly #server: Server
  readonly #connections = new Set<FastCgiConnection>()
  #bound: Bound | undefined = undefined
  #closing: Promise<void> | undefined = undefined

  constructor(sites: RoleSites, options: FastCgiOptions) {
    this.sites = sites
    this.window = whole('window', options.window ?? 65536, 0)
    this.maxParams = whole('maxParams', options.maxParams ?? 262144, 1)
    this.maxRequests = whole('maxRequests', options.maxRequests ?? 1024, 1)
    this.report = options.report
    this.#maxConnections = whole('maxConnections', options.maxConnections ?? 1024, 1)
    this.#stopTimeout = options.stopTimeout ?? 10_000
    const allowed = options.webServerAddresses ?? addressesFrom(process.env['FCGI_WEB_SERVER_ADDRS'])
    this.#allowed = allowed === undefined ? undefined : networks([...allowed, 'unix'])
    this.values = new Map([
      [maxConns, String(this.#maxConnections)],
      [maxReqs, String(this.maxRequests)],
      [mpxsConns, '1'],
      ...(this.window > 0 ? ([[windowName, String(this.window)]] as const) : []),
    ])
    this.#server = createServer({ noDelay: true, allowHalfOpen: true, keepAlive: true }, (socket) =>
      this.#accept(socket),
    )
  }

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
        server.on('error', (error) => this.report?.('error', 'A connection could not be accepted.', { error }))
        resolve()
      })
    })
    this.address = named(server, address)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  closed(connection: object): void {
    this.#connections.delete(connection as FastCgiConnection)
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#bound?.close()
    for (const connection of this.#connections) connection.stop()
    const late = setTimeout(() => {
      for (const connection of this.#connections) connection.cut()
    }, this.#stopTimeout)
    await closed
    clearTimeout(late)
  }

  /** FastCGI §3.2: who is not listed is not spoken to. */
  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    if (this.#allowed !== undefined && !this.#allowed.has(address)) {
      this.report?.('warn', 'A connection was refused: its address is not in webServerAddresses.', { address })
      socket.destroy()
    } else if (this.#connections.size >= this.#maxConnections) {
      this.report?.('warn', 'A connection was refused: maxConnections.', { connections: this.#maxConnections })
      socket.destroy()
    } else this.#connections.add(new FastCgiConnection(socket, this))
  }
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

/** FastCGI §3.2: addresses with commas between them. */
function addressesFrom(text: string | undefined): string[] | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.split(',').map((address) => address.trim())
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new TypeError(`${name} is ${value}: expected a whole number from ${least} on`)
}

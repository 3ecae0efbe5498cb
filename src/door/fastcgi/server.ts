import type { ListenAddress } from '../../io/bound.ts'
import type { Report } from '../../message/exchange.ts'
import {
  maxConns,
  maxReqs,
  mpxsConns,
  objects as objectsName,
  window as windowName,
} from '../../protocol/fastcgi/codes.ts'
import { type FromWebServer, Listening, whole } from '../called/listening.ts'
import type { Serving, ServingOptions } from '../called/serving.ts'
import { FastCgiConnection } from './connection.ts'
import type { FastCgiContext, RoleSites } from './context.ts'
import { sitesOf } from './roles.ts'

export interface FastCgiOptions extends ServingOptions {
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
}

/** A FastCGI application that runs. While it stops, new requests are refused. */
export interface FastCgiServer extends Serving {}

/**
 * Answers as a FastCGI application (FastCGI 1.0): what nginx, Apache, lighttpd, Caddy or Oriel ask it.
 * @param app A Site, a resource (what a module would export), or `{ responder, authorizer, filter }`.
 * @throws TypeError for an app or options that cannot be, the system's error where an address cannot be listened on.
 */
export async function serveFastCgi(app: unknown, options: FastCgiOptions = {}): Promise<FastCgiServer> {
  return listening(sitesOf(app, options), options)
}

/** The same for what publishes objects. */
export function serveObjects(sites: RoleSites, options: FastCgiOptions): Promise<FastCgiServer> {
  return listening(sites, options, true)
}

async function listening(sites: RoleSites, options: FastCgiOptions, objects: boolean = false): Promise<FastCgiServer> {
  const application = new Application(sites, options, objects)
  await application.listen(options.listen)
  return application
}

class Application implements FastCgiServer, FastCgiContext {
  readonly sites: RoleSites
  readonly objects: boolean
  readonly values: ReadonlyMap<string, string>
  readonly window: number
  readonly maxParams: number
  readonly maxRequests: number
  readonly report: Report | undefined
  running = 0
  readonly #listening: Listening

  constructor(sites: RoleSites, options: FastCgiOptions, objects: boolean) {
    this.sites = sites
    this.objects = objects
    this.window = whole('window', options.window ?? 65536, 0)
    this.maxParams = whole('maxParams', options.maxParams ?? 262144, 1)
    this.maxRequests = whole('maxRequests', options.maxRequests ?? 1024, 1)
    this.report = options.report
    const maxConnections = whole('maxConnections', options.maxConnections ?? 1024, 1)
    this.values = new Map([
      [maxConns, String(maxConnections)],
      [maxReqs, String(this.maxRequests)],
      [mpxsConns, '1'],
      ...(objects ? ([[objectsName, '1']] as const) : []),
      ...(this.window > 0 ? ([[windowName, String(this.window)]] as const) : []),
    ])
    const listening = {
      maxConnections,
      webServerAddresses: options.webServerAddresses ?? addressesFrom(process.env['FCGI_WEB_SERVER_ADDRS']),
      stopTimeout: options.stopTimeout ?? 10_000,
      report: options.report,
    }
    this.#listening = new Listening(listening, (socket) => new FastCgiConnection(socket, this))
  }

  get address(): string {
    return this.#listening.address
  }

  listen(where: string | ListenAddress | undefined): Promise<void> {
    return this.#listening.listen(where)
  }

  close(): Promise<void> {
    return this.#listening.close()
  }

  closed(connection: FromWebServer): void {
    this.#listening.closed(connection)
  }
}

/** FastCGI §3.2: addresses with commas between them. */
function addressesFrom(text: string | undefined): string[] | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.split(',').map((address) => address.trim())
}

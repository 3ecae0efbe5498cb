import type { ListenAddress } from '../../io/bound.ts'
import type { Report } from '../../message/exchange.ts'
import type { Logger } from '../../message/interface.ts'
import type { Site } from '../../site/site.ts'
import { type FromWebServer, Listening, whole } from '../called/listening.ts'
import { siteOf } from '../called/sites.ts'
import { ScgiConnection, type ScgiContext } from './connection.ts'

export interface ScgiOptions {
  /**
   * `unix:PATH`, `host:port`, or an address as in the config. Where it is left out, the listening socket that whoever
   * started the program hands over on descriptor 0.
   */
  readonly listen?: string | ListenAddress
  /** Connections, and so requests, at once; the next one is closed. 1024 where it is left out. */
  readonly maxConnections?: number
  /** Bytes that the variables of a request may have; more is 431. 65536 where it is left out. */
  readonly maxHead?: number
  /** The addresses from which web servers may connect, or ranges of them; all where it is left out. Unix sockets are open to whom their permissions let in. */
  readonly webServerAddresses?: readonly string[]
  /** Milliseconds for running requests when the application stops; 10000 where it is left out. */
  readonly stopTimeout?: number
  /** The error log. */
  readonly report?: Report
  /** Told of every exchange; for a Site, its own are. */
  readonly log?: readonly Logger[]
  readonly limits?: {
    /** Bytes that a body may have: 1 MiB where it is left out; a Site has its own. */
    readonly body?: number
  }
}

/** An SCGI application that runs. */
export interface ScgiServer {
  /** `unix:PATH`, `host:port` with the port that the system chose, or `descriptor 0`. */
  readonly address: string
  /** Stops: accepts nothing more, and is fulfilled when what runs is answered, or cut off after `stopTimeout`. */
  close(): Promise<void>
}

/**
 * Answers as an SCGI application: what nginx, Apache, lighttpd or Oriel ask it.
 * @param app A Site, or a resource: what a module would export.
 * @throws TypeError for an app or options that cannot be, the system's error where an address cannot be listened on.
 */
export async function serveScgi(app: unknown, options: ScgiOptions = {}): Promise<ScgiServer> {
  const application = new Application(siteOf(app, options), options)
  await application.listening.listen(options.listen)
  return application
}

class Application implements ScgiServer, ScgiContext {
  readonly site: Site
  readonly maxHead: number
  readonly report: Report | undefined
  readonly listening: Listening

  constructor(site: Site, options: ScgiOptions) {
    this.site = site
    this.maxHead = whole('maxHead', options.maxHead ?? 65536, 1)
    this.report = options.report
    const listening = {
      maxConnections: whole('maxConnections', options.maxConnections ?? 1024, 1),
      webServerAddresses: options.webServerAddresses,
      stopTimeout: options.stopTimeout ?? 10_000,
      report: options.report,
    }
    this.listening = new Listening(listening, (socket) => new ScgiConnection(socket, this))
  }

  get address(): string {
    return this.listening.address
  }

  close(): Promise<void> {
    return this.listening.close()
  }

  closed(connection: FromWebServer): void {
    this.listening.closed(connection)
  }
}

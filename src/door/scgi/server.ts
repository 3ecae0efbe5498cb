import type { Report } from '../../message/exchange.ts'
import type { Site } from '../../site/site.ts'
import { type FromWebServer, Listening, whole } from '../called/listening.ts'
import type { Serving, ServingOptions } from '../called/serving.ts'
import { siteOf } from '../called/sites.ts'
import { ScgiConnection, type ScgiContext } from './connection.ts'

/** Each connection has one request, so `maxConnections` is also how many run at once. */
export interface ScgiOptions extends ServingOptions {
  /** Bytes that the variables of a request may have; more is 431. 65536 where it is left out. */
  readonly maxHead?: number
  /** The addresses from which web servers may connect, or ranges of them; all where it is left out. Unix sockets are open to whom their permissions let in. */
  readonly webServerAddresses?: readonly string[]
}

/** An SCGI application that runs. */
export interface ScgiServer extends Serving {}

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

import type { ListenAddress } from '../../io/bound.ts'
import type { Report } from '../../message/exchange.ts'
import type { Logger } from '../../message/interface.ts'

/** What an application that web servers call is told, whatever the protocol. */
export interface ServingOptions {
  /**
   * `unix:PATH`, `host:port`, or an address as in the config. Where it is left out, the listening socket that the web
   * server or spawn-fcgi hands over on descriptor 0.
   */
  readonly listen?: string | ListenAddress
  /** Connections at once; the next one is closed. 1024 where it is left out. */
  readonly maxConnections?: number
  /** Milliseconds for running requests when the application stops; 10000 where it is left out. */
  readonly stopTimeout?: number
  /** The error log, beside that of the web server where there is a way to it. */
  readonly report?: Report
  /** Told of every exchange; for a Site, its own are. */
  readonly log?: readonly Logger[]
  readonly limits?: {
    /** Bytes that a body may have: 1 MiB where it is left out; a Site has its own. */
    readonly body?: number
  }
}

/** An application that runs. */
export interface Serving {
  /** `unix:PATH`, `host:port` with the port that the system chose, or `descriptor 0`. */
  readonly address: string
  /**
   * Stops: accepts nothing more, and closes each connection after the requests that run, all of them after `stopTimeout`.
   * Fulfilled when the last one is closed.
   */
  close(): Promise<void>
}

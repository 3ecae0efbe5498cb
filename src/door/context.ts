import type { Networks } from '../io/addresses.ts'
import type { Ticker } from '../io/ticker.ts'
import type { Site } from '../site/site.ts'
import type { Limits, Timeouts } from './settings.ts'

/** What all connections of an engine share. */
export interface EngineContext {
  /** Read anew for each request: a reload puts another one here. */
  readonly site: Site
  readonly limits: Limits
  readonly timeouts: Timeouts
  /** The timeouts in ticks of the clock. */
  readonly ticks: Timeouts
  readonly ticker: Ticker
  /** The proxies whose word about the client is believed; undefined for none. */
  readonly trusted: Networks | undefined
  /** Whether the server is stopping: connections close after the exchange that runs. */
  readonly stopping: boolean
  /** Told when the socket of a connection is closed. */
  closed(connection: object): void
  /** Told when the socket of a connection was given to somebody else. */
  givenAway(connection: object): void
}

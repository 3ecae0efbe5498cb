import type { Socket } from 'node:net'
import type { Networks } from '../io/addresses.ts'
import type { Ticker } from '../io/ticker.ts'
import type { OwnFields } from '../protocol/http1/own-fields.ts'
import type { Site } from '../site/site.ts'
import type { Limits, Timeouts } from './settings.ts'
import type { FactsOfSocket } from './socket-facts.ts'

/** A connection on which some version of HTTP is spoken. */
export interface Spoken {
  readonly socket: Socket
  readonly facts: FactsOfSocket
  /** Looks whether something has lasted too long. Called at each tick. */
  tick(now: number): void
  /** The server is stopping: an idle connection closes now, the others when what runs is answered. */
  stop(): void
}

/** What all connections of an engine share. */
export interface EngineContext {
  /** Read anew for each request: a reload puts another one here. */
  readonly site: Site
  readonly limits: Limits
  readonly timeouts: Timeouts
  /** The timeouts in ticks of the clock. */
  readonly ticks: Timeouts
  readonly ticker: Ticker
  /** What it adds to answers, of the present second. */
  readonly own: OwnFields
  /** The proxies whose word about the client is believed; undefined for none. */
  readonly trusted: Networks | undefined
  /** Whether the server is stopping: connections close after the exchange that runs. */
  readonly stopping: boolean
  /** Told when the socket of a connection is closed. */
  closed(connection: Spoken): void
  /** Told when it is clear what is spoken on a connection. @param begun What came so far. */
  known(connection: Spoken, version: '1' | '2', begun: Buffer): void
  /** Told when the socket of a connection was given to somebody else. */
  givenAway(connection: Spoken): void
}

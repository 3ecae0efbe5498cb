import type { Socket } from 'node:net'
import type { EngineContext } from '../context.ts'
import type { FactsOfSocket } from '../socket-facts.ts'
import type { Writer } from './writer.ts'

/** What an exchange may ask of the connection that it runs on. */
export interface Wire {
  readonly socket: Socket
  readonly facts: FactsOfSocket
  readonly context: EngineContext
  readonly writer: Writer
  /** Whether the client has ended its side. */
  readonly ended: boolean
  /** Whether this is the last exchange that the connection may have. */
  readonly last: boolean
  /** The exchange is over: its answer is written, or handed to the writer. */
  exchangeOver(): void
  /** Breaks the connection off, so that nobody takes what was sent for the whole. */
  cut(): void
  /** Gives the connection away; returns what arrived behind the request. */
  detach(): Buffer
}

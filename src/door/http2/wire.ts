import type { EngineContext } from '../context.ts'
import type { FactsOfSocket } from '../socket-facts.ts'
import type { Sender } from './sender.ts'
import type { Http2Stream } from './stream.ts'

/** What an exchange may ask of the connection that its stream belongs to. */
export interface Wire {
  readonly facts: FactsOfSocket
  readonly context: EngineContext
  readonly sender: Sender
  /** The exchange is over: its answer is sent, or nobody wants it. */
  over(stream: Http2Stream): void
  /** Breaks a stream off, so that nobody takes what was sent for the whole. */
  reset(stream: Http2Stream, code: number): void
  /** Has the client begin nothing more on the connection; it is closed when all is answered. */
  finish(): void
}

import type { EngineContext } from './context.ts'

/** Milliseconds that a connection without a request is left when the server stops. */
const FIRST_REQUEST = 1_000

/**
 * Until when a connection that has just come is kept while the server stops, in ticks: its first request may be on its
 * way, and clients ask a second time only on connections that they had used before (RFC 9112 §9.3.1).
 */
export function stopDeadline({ ticker, ticks, timeouts }: EngineContext): number {
  return ticker.now + (timeouts.linger < FIRST_REQUEST ? ticks.linger : ticker.ticks(FIRST_REQUEST))
}

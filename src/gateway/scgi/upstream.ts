import { applicationAddress } from '../address.ts'
import type { Upstream } from '../call.ts'
import { ScgiCall } from './scgi-call.ts'

export interface ScgiUpstreamOptions {
  /** `unix:PATH`, `host:port`, `[IPv6]:port`. */
  readonly address: string
  /** Milliseconds that a connection may take to come about; 3000 where it is left out. */
  readonly connectTimeout?: number
}

/**
 * Calls an SCGI application, each time by a connection of its own. How many at once, and how many wait, is for whoever
 * chooses among several: see `Balancer`. @throws TypeError for what is no address.
 */
export function scgiUpstream({ address, connectTimeout = 3000 }: ScgiUpstreamOptions): Upstream {
  const where = applicationAddress(address)
  return {
    open: (call, events) => new ScgiCall(where, connectTimeout, call, events),
    close: () => {},
  }
}

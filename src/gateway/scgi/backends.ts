import { Balancer } from '../balance/balancer.ts'
import type { Open } from '../call.ts'
import { scgiUpstream } from './upstream.ts'

/** Where SCGI applications listen, and how they are called. */
export interface ScgiBackendsOptions {
  /** `unix:PATH`, `host:port`, `[IPv6]:port`; of several the least busy one is called, and one that failed is left alone for a while. */
  readonly address: readonly string[]
  /** Requests, each with a connection, that an address has at once; 128 where it is left out. */
  readonly connections?: number
  /** Requests that wait for one; the next one is answered 503. 1024 where it is left out. */
  readonly queue?: number
  /** Milliseconds that a connection may take to come about; 3000 where it is left out. */
  readonly connectTimeout?: number
}

/** The addresses that answer alike, with how long is waited for each, and how many may wait. */
interface Known {
  readonly balancer: Balancer
  queue: number
}

/** By their addresses, for as long as the process lives: a site that is built anew goes on with what runs. */
const known = new Map<string, Known>()

/** Calls SCGI applications. @throws TypeError for what is no address. */
export function scgiBackends(options: ScgiBackendsOptions): Open {
  const { connections = 128, queue = 1024, connectTimeout = 3000 } = options
  const addresses = [...new Set(options.address)]
  if (addresses.length === 0) throw new TypeError('address is empty: give at least one')
  const key = JSON.stringify([connectTimeout, ...addresses])
  let found = known.get(key)
  if (found === undefined) {
    const made: Known = { balancer: new Balancer({ name: addresses.join(', '), queue: () => made.queue }), queue }
    found = made
  }
  found.queue = queue
  found.balancer.become(
    addresses.map((address) => ({
      name: address,
      upstream: () => scgiUpstream({ address, connectTimeout }),
      capacity: connections,
    })),
  )
  known.set(key, found)
  return found.balancer.open
}

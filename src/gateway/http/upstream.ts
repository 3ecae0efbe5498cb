import type { Upstream } from '../call.ts'
import { HttpCall } from './http-call.ts'
import { Pool, type PoolLimits } from './pool.ts'
import { type Target, targetOf, type UpstreamTls } from './target.ts'

/** An HTTP server that answers requests for us, and how it is called. */
export interface HttpUpstreamOptions {
  /** `http://host[:port]`, `https://host[:port]`, `unix:PATH` for HTTP over a socket. */
  readonly address: string
  /** The most connections at once, which is the most requests at once; 1024 where it is left out. */
  readonly connections?: number
  /** Requests that wait for a connection; the next one is answered 503. 1024 where it is left out. */
  readonly queue?: number
  /** Milliseconds that a connection may take to come about, TLS included; 3000 where it is left out. */
  readonly connectTimeout?: number
  /**
   * Milliseconds that a connection may rest before it is closed; 0: none is kept. 4000 where it is left out: many servers
   * close after 5 seconds, and a request must not cross with that. One that says `Keep-Alive: timeout=N` is believed.
   */
  readonly keepAlive?: number
  readonly tls?: UpstreamTls
  /** What the log names it by; the address where it is left out. */
  readonly name?: string
}

/** By address, for as long as the process lives: a site that is built anew goes on with the connections there are. */
const pools = new Map<string, Pool>()

/** Calls an HTTP server. @throws TypeError for options that cannot be. */
export function httpUpstream(options: HttpUpstreamOptions): Upstream {
  const { connections = 1024, queue = 1024, connectTimeout = 3000, keepAlive = 4000 } = options
  const target = targetOf(options.address, options.tls)
  const limits: PoolLimits = {
    connections: whole('connections', connections, 1),
    queue: whole('queue', queue, 0),
    connectTimeout: whole('connectTimeout', connectTimeout, 1),
    keepAlive: whole('keepAlive', keepAlive, 0),
  }
  const pool = poolFor(options.name === undefined ? target : { ...target, text: options.name }, limits)
  pool.users++
  let closed = false
  return {
    open: (call, events) => {
      if (!closed) pool.limits = limits
      const one = new HttpCall(call, events, pool)
      pool.take(one)
      return one
    },
    close: () => {
      if (closed) return
      closed = true
      if (--pool.users > 0) return
      if (pools.get(target.key) === pool) pools.delete(target.key)
      pool.retire()
    },
  }
}

function poolFor(target: Target, limits: PoolLimits): Pool {
  let pool = pools.get(target.key)
  if (pool === undefined) {
    pool = new Pool(target, limits)
    pools.set(target.key, pool)
  }
  return pool
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new TypeError(`${name} is ${value}: expected a whole number from ${least} on`)
}

/** What an address is given, by the route that called it last. */
export interface PoolLimits {
  /** Connections at once; undefined: what the application says, else `CONNECTIONS`. */
  readonly connections: number | undefined
  /** Whether connections stay; undefined: see `Abilities`. */
  readonly keepAlive: boolean | undefined
  /** Milliseconds that a connection may take to come about. */
  readonly connectTimeout: number
  /** Calls that wait for a connection. */
  readonly queue: number
  /** Whether an application is asked what it can do before it is called. */
  readonly asksFirst: boolean
}

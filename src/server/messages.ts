import type { ListenAddress } from '../io/bound.ts'
import type { Certificate } from '../io/certificate.ts'

/* What the primary and its workers say to each other. The socket of a `take` travels beside it. */

/** What the primary has read for its workers, who may not be allowed to. */
export interface Orders {
  /** Counts the configs: an answer names the one that it is about. */
  readonly generation: number
  /** How many workers share the limits. */
  readonly workers: number
  /** Where they listen, whatever their own reading of the config says. */
  readonly listen: readonly ListenAddress[]
  readonly certificates: Readonly<Record<string, readonly Certificate[]>>
  /** In base 64. */
  readonly ticketKeys: string
}

export type ToWorker =
  /** Here is the socket of an address. */
  | { readonly do: 'take'; readonly key: string; readonly address: ListenAddress }
  /** Read the config, and be ready to serve by it. */
  | { readonly do: 'prepare'; readonly orders: Orders }
  /** Serve by it. */
  | { readonly do: 'make'; readonly generation: number }
  /** Forget it again. */
  | { readonly do: 'drop'; readonly generation: number }
  /** End when the exchanges that run have ended, at the latest after `timeouts.stop`. */
  | { readonly do: 'stop' }
  /** End when the exchanges that run have ended. */
  | { readonly do: 'retire' }

export type FromWorker =
  | { readonly is: 'alive' }
  | { readonly is: 'prepared'; readonly generation: number }
  | { readonly is: 'made'; readonly generation: number; readonly urls: readonly string[] }
  | { readonly is: 'failed'; readonly generation: number; readonly message: string; readonly misused: boolean }

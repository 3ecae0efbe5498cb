import type { ChallengeMessage } from '../acme/challenges.ts'
import type { ApplicationLoad, ApplicationPlaces } from '../gateway/applications.ts'
import type { Cap } from '../gateway/permits.ts'
import type { ListenAddress } from '../io/bound.ts'
import type { Certificate } from '../io/certificate.ts'
import type { HandedLines } from '../log/sinks/primary.ts'

/* What the primary and its workers say to each other. The socket of a `take` travels beside it. */

/** What the primary has read for its workers, who may not be allowed to. */
export interface Orders {
  /** Counts what is told: an answer names what it is about. */
  readonly generation: number
  /** Milliseconds without a sign of life after which a worker is taken for hung. */
  readonly hang: number
  /** How many workers share the limits. */
  readonly workers: number
  /** Where they listen, whatever their own reading of the config says. */
  readonly listen: readonly ListenAddress[]
  readonly certificates: Readonly<Record<string, readonly Certificate[]>>
  /** Those that an authority has given. */
  readonly automatic: readonly Certificate[]
  /** In base 64. */
  readonly ticketKeys: string
  /** The keys of the applications that are run, by where the config names them. */
  readonly applications: Readonly<Record<string, string>>
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
  /** An authority may ask, or asks no more. */
  | { readonly do: 'challenge'; readonly generation: number; readonly message: ChallengeMessage }
  /** Give new handshakes these certificates. */
  | { readonly do: 'renew'; readonly generation: number; readonly certificates: readonly Certificate[] }
  /** Something that was asked for by this number may run, or may not wait. */
  | { readonly do: 'permit'; readonly id: number; readonly granted: boolean }
  /** These processes answer, of all applications that are run. */
  | { readonly do: 'applications'; readonly places: readonly ApplicationPlaces[] }
  /** These lines were taken, or why not. */
  | { readonly do: 'logged'; readonly id: number; readonly why?: string }
  /** End when the exchanges that run have ended, at the latest after `timeouts.stop`. */
  | { readonly do: 'stop' }
  /** End when the exchanges that run have ended. */
  | { readonly do: 'retire' }

export type FromWorker =
  | { readonly is: 'alive' }
  /** Asks for a permit. */
  | { readonly is: 'asking'; readonly id: number; readonly cap: Cap }
  /** What runs by it, a process group; told of what runs for long only. */
  | { readonly is: 'running'; readonly id: number; readonly group: number }
  /** Gives it back, or leaves the queue. */
  | { readonly is: 'giving'; readonly id: number }
  /** How busy it keeps the applications. */
  | { readonly is: 'calling'; readonly loads: readonly ApplicationLoad[] }
  /** Lines for a log. */
  | { readonly is: 'lines'; readonly lines: HandedLines }
  | { readonly is: 'prepared'; readonly generation: number }
  | { readonly is: 'done'; readonly generation: number }
  | { readonly is: 'made'; readonly generation: number; readonly urls: readonly string[] }
  | { readonly is: 'failed'; readonly generation: number; readonly message: string; readonly misused: boolean }

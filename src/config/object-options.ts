import type { Access } from '../access/access.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { ProcessOptions, ProcessTimeouts } from '../resource/app/options.ts'

/** An object server: where it is, and how it is called. */
export interface ObjectServerOptions extends Omit<ProcessOptions, 'timeouts'> {
  /**
   * Its binding handle: `module:FILE`, `command:PROGRAM`, `fastcgi:unix:PATH`, `fastcgi:HOST:PORT`. A list of handles and
   * of names of other servers is an alias: the least busy one of them is called.
   */
  readonly handle: string | readonly string[]
  /** The folder in which a command runs; that of the config where it is left out. */
  readonly path?: string
  /**
   * Of a command: requests that one process takes at once; 128 where it is left out, 16 where there may be more processes.
   * Of `fastcgi:`: connections to it; as many as it says where it is left out.
   */
  readonly connections?: number
  /** How long is waited, in milliseconds; 0 for an answer: for ever. */
  readonly timeouts?: Partial<GatewayTimeouts> & ProcessTimeouts
  /** Who may call its objects at `/object@server`; whoever the site lets in where it is left out. */
  readonly access?: Access
  /**
   * Which of its objects answer at `/object@server`: all, none, or these. Where it is left out, all but those that something
   * else names: a route, a guard, a log.
   */
  readonly url?: boolean | readonly string[]
}

/** What a config says of an object server: its handle, those of an alias, or options. */
export type ObjectServerGiven = string | readonly string[] | ObjectServerOptions

/** The same as options. */
export function serverOptions(given: ObjectServerGiven): ObjectServerOptions {
  return typeof given === 'string' || isList(given) ? { handle: given } : given
}

function isList(given: ObjectServerGiven): given is readonly string[] {
  return Array.isArray(given)
}

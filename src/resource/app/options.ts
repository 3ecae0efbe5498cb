import type { ApplicationSpec, ProcessLimits } from '../../process/specification.ts'
import type { ForwardOptions, ProxyTimeouts } from '../proxy/options.ts'

/** How long processes may take, in milliseconds. */
export interface ProcessTimeouts {
  /** Until it answers, from when it was started; 30000 where it is left out. */
  readonly start?: number
  /** Until it has ended by itself; 10000 where it is left out. */
  readonly stop?: number
  /** After which one more than there must be is ended, where it has nothing to do; 60000 where it is left out. */
  readonly spare?: number
}

/** How the processes of an application are run. */
export interface ProcessOptions {
  /** How many: always so many, or as many as are needed; 1 where it is left out. */
  readonly processes?: number | { readonly min: number; readonly max: number }
  /** More variables of their environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Who they are, where the server was started as root; `user` of the config where it is left out. */
  readonly user?: string | number
  readonly group?: string | number
  /** What of the operating system one may use. */
  readonly limits?: ProcessLimits
  /** After so many requests one is replaced. */
  readonly maxRequests?: number
  /** Above so many MiB of memory one is replaced, with all that it has started. */
  readonly maxMemory?: number
  /** Whether a reload replaces them; `replace` where it is left out. */
  readonly reload?: 'replace' | 'keep'
  /** Requests that wait for one with room; more are answered 503. 1024 where it is left out. */
  readonly queue?: number
  readonly timeouts?: Partial<ProxyTimeouts> & ProcessTimeouts
}

/** An application that Oriel runs. */
export interface AppOptions extends ProcessOptions {
  /** The program and its arguments, in one text or as a list; `$SOCKET` is where it has to listen. */
  readonly command: string | readonly string[]
  /** What it speaks there; `http` where it is left out. */
  readonly protocol?: ApplicationSpec['protocol']
  /** The folder in which it runs; that of the config where it is left out. */
  readonly path?: string
  /** Requests that one process takes at once; 128 where it is left out, 16 where there may be more processes. */
  readonly connections?: number
  /** Whether the content of a request is read to its end before the application is called; true where it is left out. */
  readonly spool?: boolean
  /** Whether it sees `Authorization`, with passwords; unless a guard used it, where this is left out. */
  readonly authorization?: boolean
  /** How requests are forwarded to one that speaks HTTP. */
  readonly forward?: AppForward
}

/** What a route may say of forwarding beside. */
export type AppForward = Omit<ForwardOptions, 'spool' | 'timeouts' | 'authorization'>

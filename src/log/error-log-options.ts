import type { Level } from '../message/exchange.ts'
import type { Place } from './sinks/place.ts'

/** What the error log tells, where to, and how. */
export interface ErrorLogOptions {
  /** The least level that is told; `warn` where it is left out, and what applications say beside. */
  readonly level?: Level
  /** `stderr` where it is left out. */
  readonly to?: Place
  readonly format?: 'text' | 'json'
}

/** One entry of the error log. */
export interface ErrorEntry {
  /** In milliseconds since 1970. */
  readonly time: number
  readonly level: Level
  /** One sentence for people. */
  readonly event: string
  /** The facts, for programs; `error` is what was thrown, `requestId` which exchange it was. */
  readonly fields: Readonly<Record<string, unknown>>
  /** To `onError`: how many errors it was not told of since the last one. */
  readonly missed?: number
}

/** Told of errors, one at a time: for whoever is to be woken. */
export type OnError = (entry: ErrorEntry) => void | Promise<void>

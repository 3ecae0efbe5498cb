import type { ExchangeRecord } from '../message/exchange.ts'
import type { Place } from './sinks/place.ts'

/** What makes a logger: which exchanges it tells of, how, and where to. */
export interface LogOptions {
  /** How an exchange becomes a line: `combined` where it is left out, `json` where the lines go to `sql` or `http`. */
  readonly format?: Format
  /** Where the lines go; `stdout` where it is left out. */
  readonly to?: Place
  /** In the place of `format` and `to`: an object that is told of exchanges, as `log@paul`. */
  readonly object?: string
  /** Which exchanges are told of: those that every key lets through. All where it is left out. */
  readonly filter?: FilterOptions
  /** What is kept out of the lines; false for nothing. */
  readonly redact?: false | RedactOptions
}

export type FormatName = 'common' | 'combined' | 'json'

export type Format = FormatName | TemplateOptions | ((record: ExchangeRecord) => string)

export interface TemplateOptions {
  /** A text with names in braces: `{time} {method} {uri} {status} {>accept} {<location}`. */
  readonly template: string
}

export interface FilterOptions {
  /** Statuses: numbers, classes (`5xx`), ranges (`400-499`). */
  readonly status?: StatusFilter | readonly StatusFilter[]
  /** Patterns of routes, as the config writes them. */
  readonly route?: string | readonly string[]
  /** Kinds of resource: `files`, `module`, `fastcgi`, … */
  readonly resource?: string | readonly string[]
  /** Only exchanges that took longer, in milliseconds. */
  readonly slower?: number
  /** Only exchanges that failed: a status from 500 on, something thrown, or an answer that was cut. */
  readonly errors?: boolean
  /** The share that is told of, from 0 to 1: the first, and then evenly. */
  readonly sample?: number
}

export type StatusFilter = number | string

export interface RedactOptions {
  /** Fields that are never told, beside Authorization, Cookie, Set-Cookie and Proxy-Authorization. */
  readonly fields?: readonly string[]
  /** Names of parameters whose values become `***` in targets and referrers, beside those that are known. */
  readonly query?: readonly string[]
}

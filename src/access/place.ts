import type { Report } from '../message/exchange.ts'

/** What guards take from where they stand. */
export interface GuardPlace {
  /** The folder that relative paths are taken from. */
  readonly base: string
  /** Who is told of a file of passwords that can no longer be read. */
  readonly report?: Report | undefined
  /** Failed logins of a name from one address in ten minutes; 0: any number. */
  readonly logins?: number | undefined
}

/** The schemes that come with Oriel, but for the one over FastCGI. */
export type BuiltInScheme = 'basic' | 'certificate' | 'header' | 'http'

import type { Report } from '../../message/exchange.ts'
import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import type { FromWebServer } from '../called/listening.ts'
import type { Answering } from '../called/sites.ts'

/** Who answers in each role; a role that is not there is not offered. */
export type RoleSites = { readonly [role in RoleName]?: Answering | undefined }

/** What all connections of an application share. */
export interface FastCgiContext {
  readonly sites: RoleSites
  /** What GET_VALUES asks for. */
  readonly values: ReadonlyMap<string, string>
  /** Whether it publishes objects, and takes calls in the whole form (docs/objects-protocol.md). */
  readonly objects: boolean
  /** Bytes that may be sent ahead on a stream, to a web server that knows of it; 0 where that is not offered. */
  readonly window: number
  /** Bytes that the variables of one request may have. */
  readonly maxParams: number
  /** Requests that run at once on all connections; the next one is refused as `overloaded`. */
  readonly maxRequests: number
  readonly report: Report | undefined
  /** Requests that a resource is at work on. */
  running: number
  /** Told when a connection is closed. */
  closed(connection: FromWebServer): void
}

import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import type { StreamedBody } from '../called/body.ts'
import type { Output } from '../called/output.ts'
import type { Answering } from '../called/sites.ts'
import type { Sender } from './sender.ts'

/** What a request may ask of the connection that it runs on. */
export interface Wire {
  readonly output: Output
  /** Whether calls of objects are understood. */
  readonly objects: boolean
  /** Who answers in a role. */
  siteOf(role: RoleName): Answering
  /** A body holds as much as it should: nothing is read until somebody pulls. */
  full(body: StreamedBody): void
  /** Somebody pulls from a body, or nobody will any more. */
  wanted(body: StreamedBody): void
  /** The end of the request was sent: its id is free. */
  ended(request: Sending): void
  /** The answer broke off, and only the end of the connection can tell the web server. */
  broken(request: Sending): void
  /** The resource has done with a request, which may be after its end; or has not, long after nobody waits for it. */
  settled(): void
}

/** A request whose answer has come to its end. */
export interface Sending {
  readonly sender: Sender
  /** Whether the connection stays for others (FCGI_KEEP_CONN). */
  readonly keep: boolean
}

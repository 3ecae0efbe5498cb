import type { HttpError } from './errors.ts'
import type { Request } from './request.ts'

/** What went wrong with a request, for whoever makes the page that tells of it. */
export interface Failure {
  /** Its `cause` is for the log, and no page for clients should show it. */
  readonly error: HttpError
  /** The one that failed, whose content may have been read. */
  readonly request: Request
}

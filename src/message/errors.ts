import { AUTHENTICATION_FAILED, brand, HTTP_ERROR } from './brands.ts'
import { Headers, type HeadersInit } from './headers.ts'
import { reasonPhrase } from './status.ts'

/** What an HttpError may be given beside its status. */
export interface HttpErrorInit {
  /** One sentence that the client may see: what happened and what to do. */
  readonly detail?: string
  /** A stable word for programs, in the log and in JSON answers. */
  readonly code?: string
  /** Fields that the answer must have, for instance Allow or Retry-After. */
  readonly headers?: HeadersInit
  /** What lies behind it: for the log only, never sent. */
  readonly cause?: unknown
}

/**
 * An answer with an error status, thrown. Anything else that is thrown is answered 500 and its text goes to the log
 * alone: only what was said here on purpose shapes an answer.
 */
export class HttpError extends Error {
  readonly status: number
  readonly code: string | undefined
  readonly detail: string | undefined
  readonly headers: Headers | undefined

  /** @param status 400 to 599. @throws RangeError for another one, TypeError for a bad field. */
  constructor(status: number, init: HttpErrorInit = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`an HttpError has a status from 400 to 599, not ${status}`)
    }
    super(init.detail ?? reasonPhrase(status), init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'HttpError'
    this.status = status
    this.code = init.code
    this.detail = init.detail
    this.headers = init.headers === undefined ? undefined : new Headers(init.headers)
  }
}

brand(HttpError, HTTP_ERROR)

/** Thrown by an Authorizer (authorize.isl): this user may not. Answered 403. */
export class Forbidden extends HttpError {
  constructor(init: HttpErrorInit = {}) {
    super(403, { code: 'forbidden', ...init })
    this.name = 'Forbidden'
  }
}

/** Thrown by an Authorizer (authorize.isl): somebody must log in first. Answered 401 with the challenge of the scheme. */
export class AuthorizationRequired extends HttpError {
  constructor(init: HttpErrorInit = {}) {
    super(401, { code: 'authorization-required', ...init })
    this.name = 'AuthorizationRequired'
  }
}

/** Thrown by an Authenticator (authorize.isl): no such user, or not this password. */
export class AuthenticationFailed extends Error {
  override readonly name: string = 'AuthenticationFailed'
}

brand(AuthenticationFailed, AUTHENTICATION_FAILED)

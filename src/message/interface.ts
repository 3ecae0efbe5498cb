/**
 * The uniform interface: HTTP captured as an interface (http.isl, authorize.isl and logger.isl of the ILU Requester),
 * and the specification for every language binding. Whatever answers a request is a Resource.
 */
import type { AuthorizationRecord, Connection, Means } from './connection.ts'
import type { ExchangeRecord } from './exchange.ts'
import type { Declined, Reroute } from './outcome.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'
import type { Variables } from './variables.ts'

export type { Variables }

/** A method of HTTP is a method here. HEAD falls back to GET; OPTIONS and 405 are answered from what is there. */
export interface Resource {
  GET?(request: Request, connection: Connection): Reply
  HEAD?(request: Request, connection: Connection): Reply
  POST?(request: Request, connection: Connection): Reply
  PUT?(request: Request, connection: Connection): Reply
  PATCH?(request: Request, connection: Connection): Reply
  DELETE?(request: Request, connection: Connection): Reply
  OPTIONS?(request: Request, connection: Connection): Reply
}

/** What a Resource folds into. */
export type Handler = (request: Request, connection: Connection) => Reply
export type Reply = Answer | Promise<Answer>
export type Answer = Response | FetchResponse | Declined | Reroute
/** The platform's own Response, converted in one place. */
export type FetchResponse = globalThis.Response
/** The only way to change a message: wraps the handler inside it, once, at start. */
export type Middleware = (next: Handler) => Handler

/** How a client says who it is: Basic, a certificate, a cookie. Undefined: it did not say. */
export interface Scheme extends Means {
  identify(
    request: Request,
    connection: Connection,
  ): AuthorizationRecord | undefined | Promise<AuthorizationRecord | undefined>
  /** The value of WWW-Authenticate that asks for it. */
  challenge(): string
  /** By what it has identified this request, where that is not always the same. */
  meansOf?(connection: Connection): Means
}
/** A store of passwords. @throws AuthenticationFailed */
export interface Authenticator {
  /** Another number each time that what it says may have changed: logins that were verified before are forgotten. */
  readonly generation?: number
  authenticateUser(name: string, password: string): AuthorizationRecord | Promise<AuthorizationRecord>
}
/** Who may do what. @throws Forbidden, AuthorizationRequired; anything else is a 500, and closed. */
export interface Authorizer {
  authorizeUser(
    who: AuthorizationRecord | undefined,
    request: Request,
    connection: Connection,
  ): void | Variables | Promise<void | Variables>
}
/** Told once of every exchange, after it; never awaited. */
export interface Logger {
  logRequest(record: ExchangeRecord): void
}

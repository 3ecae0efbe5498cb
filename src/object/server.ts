import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import type { Reply, Variables } from '../message/interface.ts'
import type { Request } from '../message/request.ts'

/** An object server, as those who call its objects know it: in this process, in another one, on another machine. */
export interface ObjectServer {
  /** What people know it by: its binding handle. */
  readonly handle: string
  /**
   * Has an object answer a request.
   * @throws HttpError 404 where there is no such object, 502, 503 or 504 where the server gives no answer.
   */
  call(object: string, request: Request, connection: Connection): Reply
  /**
   * Asks an object, as an Authorizer.
   * @throws Forbidden, AuthorizationRequired; Refused with an answer of its own to the client; or as `call`.
   */
  authorize(
    object: string,
    who: AuthorizationRecord | undefined,
    request: Request,
    connection: Connection,
  ): void | Variables | Promise<void | Variables>
  /** Asks an object, as an Authenticator. @throws AuthenticationFailed, or as `call`. */
  authenticate(object: string, name: string, password: string): Promise<AuthorizationRecord>
  /** Tells an object, as a Logger, of exchanges: a line of JSON for each. @throws as `call`. */
  log(object: string, lines: string): Promise<void>
  /** What it says of itself and its objects. @param timeout Milliseconds. @throws as `call`. */
  info(timeout: number): Promise<ServerInfo>
}

/** What an object server says of itself. */
export interface ServerInfo {
  readonly server?: string
  readonly software?: string
  /** When it was started: RFC 3339. */
  readonly since?: string
  readonly objects: readonly ObjectInfo[]
}

/** What is known of an object. */
export interface ObjectInfo {
  readonly name: string
  readonly methods: readonly string[]
  readonly authorizer?: boolean
  readonly authenticator?: boolean
  readonly logger?: boolean
  /** What it says of itself. */
  readonly info?: ObjectDescription
}

/** What an object may say of itself by `info()`. */
export interface ObjectDescription {
  readonly description?: string
  /** What each method does. */
  readonly methods?: Readonly<Record<string, string>>
  /** Media types that it takes, and that it gives. */
  readonly accepts?: readonly string[]
  readonly produces?: readonly string[]
  readonly examples?: readonly ObjectExample[]
}

/** A request that can be tried. */
export interface ObjectExample {
  readonly description?: string
  readonly method?: string
  /** Behind the object: `/7?full=1`. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

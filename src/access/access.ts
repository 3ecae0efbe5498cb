import type { FastCgiPoolOptions } from '../gateway/fastcgi/addresses.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { Scheme } from '../message/interface.ts'

/** Who may use a route. */
export type Access = SchemeAccess | AuthorizerAccess

/** Whoever can say who it is. */
export interface SchemeAccess {
  /** How a client says who it is. Whoever it identifies may come in. */
  readonly scheme: Scheme
}

/** Whoever a program lets in. */
export interface AuthorizerAccess {
  readonly authorizer: {
    /** A FastCGI application in the role of an Authorizer: where it listens, or several that are equal, or with options. */
    readonly fastcgi: string | readonly string[] | FastCgiAuthorizerOptions
  }
}

/** What an Authorizer over FastCGI may be told. */
export interface FastCgiAuthorizerOptions extends FastCgiPoolOptions {
  /** Where it listens: `unix:PATH` or `host:port`; or several that are equal. */
  readonly address: string | readonly string[]
  /** Its script as SCRIPT_FILENAME, as it sees it, for those that run many: php-fpm. */
  readonly script?: string
  /** More variables for it. */
  readonly env?: Readonly<Record<string, string>>
  /** How long is waited for it, in milliseconds; 0 for ever. */
  readonly timeouts?: Partial<GatewayTimeouts>
}

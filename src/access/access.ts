import type { FastCgiPoolOptions } from '../gateway/fastcgi/addresses.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { Authorizer, Scheme } from '../message/interface.ts'

/** Who may use a route: anybody, or whom rules let in. */
export type Access = 'public' | AccessRules

/** All that is said must hold, in this order: methods and addresses, scheme, users and groups, all, any, authorizer. */
export interface AccessRules {
  /** How a client says who it is. Whoever does not must log in. */
  readonly scheme?: SchemeGiven
  /** Who may come in of those who said who they are; any of them where it is left out. */
  readonly allow?: Allow
  /** Who decides beside: an object, a module that exports one by its path, or a program. */
  readonly authorizer?: AuthorizerGiven
  /** Rules that must all let in. */
  readonly all?: readonly AccessRules[]
  /** Rules of which one is enough. */
  readonly any?: readonly AccessRules[]
}

/** How a client says who it is. */
export type SchemeGiven = Scheme | FastCgiAccess

/** Who may come in. Users or groups: one of them is enough; methods and addresses must hold beside. */
export interface Allow {
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  /** GET brings HEAD with it. */
  readonly methods?: readonly string[]
  /** Addresses and networks of clients, behind trusted proxies the real ones; also `loopback`, `private`, `unix`. */
  readonly addresses?: readonly string[]
}

/** Who decides who may come in. */
export type AuthorizerGiven = string | Authorizer | FastCgiAccess

/** A FastCGI application in the role of an Authorizer. */
export interface FastCgiAccess {
  /** Where it listens, or several that are equal, or with options. */
  readonly fastcgi: FastCgiAuthorizerGiven
}

export type FastCgiAuthorizerGiven = string | readonly string[] | FastCgiAuthorizerOptions

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

import type { FastCgiPoolOptions } from '../gateway/fastcgi/addresses.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { Authenticator, Authorizer, Scheme } from '../message/interface.ts'
import type { CertificateOptions } from './schemes/certificate.ts'
import type { ForwardAuthOptions } from './schemes/forward-options.ts'
import type { HeaderOptions } from './schemes/header.ts'
import type { AskForUser } from './stores/function.ts'
import type { HtpasswdOptions } from './stores/htpasswd.ts'

/** Who may use a route: anybody, or whom rules let in. */
export type Access = 'public' | AccessRules

/** All that is said must hold, in this order: methods and addresses, scheme, users and groups, all, any, authorizer. */
export interface AccessRules {
  /** How a client says who it is. Whoever does not must log in. */
  readonly scheme?: SchemeGiven
  /** What Basic tells clients that they log in to; `Restricted` where it is left out. */
  readonly realm?: string
  /** Who knows the passwords of Basic: a file, an object, a published one, or a function of name and password. */
  readonly store?: StoreGiven
  /** Who may come in of those who said who they are; any of them where it is left out. */
  readonly allow?: Allow
  /** Who decides beside: an object, a published one (`gate@paul`), a module that exports one by its path, or a program. */
  readonly authorizer?: AuthorizerGiven
  /** Rules that must all let in. */
  readonly all?: readonly AccessRules[]
  /** Rules of which one is enough. */
  readonly any?: readonly AccessRules[]
}

/** How a client says who it is. */
export type SchemeGiven = 'basic' | CertificateAccess | HeaderOptions | HttpAccess | FastCgiAccess | Scheme

/** Who knows passwords. */
export type StoreGiven = HtpasswdOptions | ObjectStore | Authenticator | AskForUser

/** A published object that knows passwords: `users@paul`. */
export interface ObjectStore {
  readonly object: string
}

/** The certificate of a client, where `listen` asks for one. */
export interface CertificateAccess {
  /** What of it is the name; `true` for its common name. */
  readonly certificate: true | CertificateOptions
}

/** An HTTP endpoint that is asked about each request (forward auth). */
export interface HttpAccess {
  /** Its address, or with options. */
  readonly http: string | ForwardAuthOptions
}

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
export type AuthorizerGiven = string | Authorizer | FastCgiAccess | HttpAccess

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

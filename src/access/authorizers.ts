import type { Authorizer } from '../message/interface.ts'
import type { AuthorizerGiven, FastCgiAccess, HttpAccess } from './access.ts'
import { lazyAuthorizer } from './lazy-authorizer.ts'
import { httpAuthorizer } from './lazy-schemes.ts'

/** An Authorizer that says where it comes from. */
export interface NamedAuthorizer extends Authorizer {
  /** For explanations: the file of its module. */
  readonly from: string
}

/**
 * Who decides who may come in.
 * @param base The folder that paths of sockets are taken from. @throws TypeError for what can decide nothing.
 */
export function authorizerOf(given: AuthorizerGiven, base: string): Authorizer {
  if (typeof given === 'string') throw new TypeError('an authorizer by its path needs a config that loads it')
  if (isAuthorizer(given)) return given
  if (Object.hasOwn(Object(given), 'fastcgi')) return lazyAuthorizer((given as FastCgiAccess).fastcgi, base)
  if (Object.hasOwn(Object(given), 'http')) return httpAuthorizer((given as HttpAccess).http, base)
  throw new TypeError('an authorizer is an object with the method authorizeUser, { fastcgi } or { http }')
}

export function isAuthorizer(given: unknown): given is Authorizer {
  return typeof (given as Partial<Authorizer> | null | undefined)?.authorizeUser === 'function'
}

/**
 * The Authorizer that a module exports: its default export, or `authorizeUser`.
 * @param from The file, for explanations. @throws TypeError where there is none.
 */
export function exportedAuthorizer(module: unknown, from: string): NamedAuthorizer {
  const { default: inner } = Object(module) as { default?: unknown }
  const exported = isAuthorizer(inner) ? inner : module
  if (!isAuthorizer(exported)) {
    throw new TypeError(
      `${from} exports no Authorizer: a function authorizeUser, or by default an object with that method`,
    )
  }
  // Looking a name up in a module is slow, and what a module exports does not change with a request.
  if (exported === module) return { authorizeUser: exported.authorizeUser, from }
  return { authorizeUser: (who, request, connection) => exported.authorizeUser(who, request, connection), from }
}

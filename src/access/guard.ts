import type { AuthorizationRecord } from '../message/connection.ts'
import { AuthorizationRequired } from '../message/errors.ts'
import type { Authorizer, Middleware, Reply, Scheme, Variables } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import type { Access } from './access.ts'
import { lazyAuthorizer } from './lazy-authorizer.ts'
import { Refused } from './refused.ts'

/**
 * What stands before a guarded route.
 * @param base The folder that relative paths are taken from. @throws TypeError for an address that is none.
 */
export function guard(access: Access, base: string = '.'): Middleware {
  if ('scheme' in access && access.scheme !== undefined) return identifying(access.scheme)
  if (!('authorizer' in access)) throw new TypeError('access needs a scheme or an authorizer')
  return authorizing(lazyAuthorizer(access.authorizer.fastcgi, base))
}

/** Lets in whom the scheme identifies, and asks everybody else to log in (RFC 9110 §11.6.1). */
function identifying(scheme: Scheme): Middleware {
  return (next) => (request, connection) => {
    const admit = (user: AuthorizationRecord | undefined): Reply => {
      if (user === undefined) throw new AuthorizationRequired({ headers: { 'WWW-Authenticate': scheme.challenge() } })
      connection.identify(user, undefined, scheme)
      return next(request, connection)
    }
    const user = scheme.identify(request, connection)
    return isPromise(user) ? user.then(admit) : admit(user)
  }
}

/** Lets in whom the Authorizer does; whatever it throws lets nobody in. */
export function authorizing(authorizer: Authorizer): Middleware {
  return (next) => (request, connection) => {
    const admit = (variables: Variables | void): Reply => {
      const name = variables?.['REMOTE_USER']
      const user = name === undefined || name === '' ? connection.user : { name, groups: [] }
      connection.identify(user, variables ?? undefined, connection.means)
      return next(request, connection)
    }
    const told = authorizer.authorizeUser(connection.user, request, connection)
    return isPromise(told) ? told.then(admit, refuse) : admit(told)
  }
}

function refuse(error: unknown): Reply {
  if (error instanceof Refused) return error.answer
  throw error
}

import type { AuthorizationRecord } from '../message/connection.ts'
import { AuthorizationRequired } from '../message/errors.ts'
import type { Middleware, Reply, Scheme } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'

/** Who may use a route. */
export interface Access {
  /** How a client says who it is. Whoever it identifies may come in. */
  readonly scheme: Scheme
}

/** Lets in whom the scheme identifies, and asks everybody else to log in (RFC 9110 §11.6.1). */
export function guard(access: Access): Middleware {
  const { scheme } = access
  return (next) => (request, connection) => {
    const admit = (user: AuthorizationRecord | undefined): Reply => {
      if (user === undefined) throw new AuthorizationRequired({ headers: { 'WWW-Authenticate': scheme.challenge() } })
      connection.identify(user)
      return next(request, connection)
    }
    const user = scheme.identify(request, connection)
    return isPromise(user) ? user.then(admit) : admit(user)
  }
}

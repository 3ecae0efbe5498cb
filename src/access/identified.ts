import { AUTHENTICATION_FAILED, branded, HTTP_ERROR } from '../message/brands.ts'
import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import { AuthorizationRequired, type HttpError } from '../message/errors.ts'
import type { Scheme } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import type { Gate } from './gate.ts'

/** In a name they would end a field, or a variable: `admin\0x` is `admin` in the environment of a program. */
const CONTROL = /[\x00-\x1f\x7f]/

/** Lets in whom the scheme identifies, and asks everybody else to log in (RFC 9110 §11.6.1). */
export function identified(scheme: Scheme): Gate {
  return (request, connection) => {
    const user = scheme.identify(request, connection)
    if (isPromise(user)) return user.then((known) => admit(known, scheme, connection))
    return admit(user, scheme, connection)
  }
}

function admit(user: AuthorizationRecord | undefined, scheme: Scheme, connection: Connection): void {
  // Schemes in JavaScript say null as well.
  if (user === undefined || user === null) throw new AuthorizationRequired()
  connection.identify(checkedUser(user), connection.variables, scheme.meansOf?.(connection) ?? scheme)
}

/** The record, where it is one that all kinds of resource can be told of. @throws TypeError. */
export function checkedUser(user: AuthorizationRecord): AuthorizationRecord {
  const { name, groups } = user
  // An Error has a name as well, and so has a function: those of nobody.
  const isRecord = typeof user === 'object' && !(user instanceof Error)
  if (!isRecord || typeof name !== 'string' || name === '')
    throw new TypeError('a user has no name: give { name, groups }')
  if (CONTROL.test(name)) throw new TypeError(`the name ${JSON.stringify(name)} has control characters`)
  return Array.isArray(groups) ? user : { name, groups: [] }
}

/** A gate whose answers 401 ask for what the scheme understands, unless they ask for something themselves. */
export function asking(scheme: Pick<Scheme, 'challenge'>, gate: Gate): Gate {
  const ask = (error: unknown): never => {
    throw challenged(error, scheme)
  }
  return (request, connection) => {
    try {
      const passed = gate(request, connection)
      return isPromise(passed) ? passed.catch(ask) : undefined
    } catch (error) {
      return ask(error)
    }
  }
}

function challenged(error: unknown, scheme: Pick<Scheme, 'challenge'>): unknown {
  if (!isUnauthorized(error) || challengesOf(error).length > 0) return error
  const challenge = scheme.challenge()
  return challenge === '' ? error : new AuthorizationRequired({ headers: { 'WWW-Authenticate': challenge } })
}

/** Whether somebody could come in by logging in. */
export function isUnauthorized(error: unknown): boolean {
  if (branded(error, HTTP_ERROR)) return (error as HttpError).status === 401
  return branded(error, AUTHENTICATION_FAILED)
}

/** What an error asks for: the values of WWW-Authenticate (RFC 9110 §11.6.1). */
export function challengesOf(error: unknown): string[] {
  const { headers } = error as Partial<HttpError>
  return [...(headers?.raw() ?? [])]
    .filter(([name]) => name.toLowerCase() === 'www-authenticate')
    .map(([, value]) => value)
}

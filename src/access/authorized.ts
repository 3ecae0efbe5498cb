import type { AuthorizationRecord, Connection, Means } from '../message/connection.ts'
import { toResponse } from '../message/fetch.ts'
import { isToken } from '../message/fields.ts'
import type { Answer, Authorizer, Variables } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import type { NamedAuthorizer } from './authorizers.ts'
import type { Gate } from './gate.ts'
import { checkedUser } from './identified.ts'

/** An Authorizer of another process cannot say it (FastCGI specification §6.3), and whoever is told of it may take it for more. */
const ENDS_FIELD = /[\0\r\n]/

/** Lets in whom the Authorizer does; whatever it throws lets nobody in. */
export function authorized(authorizer: Authorizer): Gate {
  return (request, connection) => {
    const said = authorizer.authorizeUser(connection.user, request, connection)
    if (isPromise(said)) return said.then((variables) => permit(variables, connection, authorizer))
    return permit(said, connection, authorizer)
  }
}

/** A name of its own, REMOTE_USER, makes that the user: then the Authorizer has found out who it is. */
function permit(said: Variables | void, connection: Connection, authorizer: Authorizer): void {
  if (said === undefined) return
  checkVariables(said, authorizer)
  const { user, variables, means } = connection
  const name = said['REMOTE_USER']
  const all = variables === undefined ? said : { ...variables, ...said }
  if (name === undefined || name === '' || name === user?.name) connection.identify(user, all, means)
  else connection.identify(named(name, said), all, meansOf(said))
}

function named(name: string, { REMOTE_GROUPS = '' }: Variables): AuthorizationRecord {
  return checkedUser({
    name,
    groups: REMOTE_GROUPS.split(',')
      .map((group) => group.trim())
      .filter(Boolean),
  })
}

/** It has seen Authorization, and may have gone by it. */
function meansOf({ AUTH_TYPE: type }: Variables): Means {
  return { usesAuthorization: true, ...(type !== undefined && { type }) }
}

/**
 * An Authorizer that returns false, a Response, an Error in the place of throwing it, or a generator that never ran, means
 * no permission by it. @throws TypeError.
 */
function checkVariables(said: Variables, authorizer: Authorizer): void {
  const { from } = authorizer as Partial<NamedAuthorizer>
  const isPlain = isPlainObject(said) && toResponse(said as unknown as Answer) === undefined
  if (!isPlain || Object.values(said).some((value) => typeof value !== 'string')) {
    const what = typeof said === 'boolean' ? String(said) : 'something'
    throw new TypeError(
      `the Authorizer${from === undefined ? '' : ` ${from}`} returned ${what}, which is no permission: it returns nothing, or variables, and throws Forbidden or AuthorizationRequired`,
    )
  }
  for (const [name, value] of Object.entries(said)) {
    if (isToken(name) && !ENDS_FIELD.test(value)) continue
    const whose = from === undefined ? '' : ` of ${from}`
    throw new TypeError(`the variable ${JSON.stringify(name)}${whose} is none that a field can carry`)
  }
}

/** Of whatever realm. */
function isPlainObject(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  const prototype: unknown = Object.getPrototypeOf(given)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

import { Refused } from '../gateway/refused.ts'
import type { Connection, Means } from '../message/connection.ts'
import { Forbidden } from '../message/errors.ts'
import type { Answer, Authorizer, Handler, Middleware, Reply } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import type { Request } from '../message/request.ts'
import type { Access } from './access.ts'
import { authorized } from './authorized.ts'
import { checkAccess } from './check-rules.ts'
import type { Gate } from './gate.ts'
import { challengesOf, isUnauthorized } from './identified.ts'
import type { GuardPlace } from './place.ts'
import { builtRules } from './rules.ts'

/**
 * What stands before a guarded route, folded once; `'public'` lets everybody in.
 * @throws TypeError that says what is wrong: rules that are not understood let nobody in.
 */
export function guard(access: Access, place: GuardPlace = { base: '.' }): Middleware {
  checkAccess(access)
  if (access === 'public') return (next) => next
  const { gate, means } = builtRules(access, place)
  return standing(gate, means)
}

/** Lets in whom the Authorizer does. */
export function authorizing(authorizer: Authorizer): Middleware {
  return standing(authorized(authorizer), [])
}

function standing(gate: Gate, means: readonly Means[]): Middleware {
  const reads = means.some(({ usesAuthorization }) => usesAuthorization === true)
  const enter = (next: Handler, request: Request, connection: Connection): Reply => {
    if (reads && connection.means?.usesAuthorization !== true) keepAuthorization(connection)
    return next(request, connection)
  }
  return (next) => (request, connection) => {
    let passed: void | Promise<void>
    try {
      passed = gate(request, connection)
    } catch (error) {
      return refuse(error)
    }
    if (!isPromise(passed)) return enter(next, request, connection)
    return passed.then(() => enter(next, request, connection), refuse)
  }
}

/** A password that is meant for a guard is for nobody behind it, whatever else let the request in. */
function keepAuthorization(connection: Connection): void {
  const { user, variables, means } = connection
  const type = means?.type
  connection.identify(user, variables, { usesAuthorization: true, ...(type !== undefined && { type }) })
}

/** Nobody comes in, whatever was thrown. Where nobody could log in, there is nothing to ask for (RFC 9110 §15.5.2). */
function refuse(error: unknown): Answer {
  if (error instanceof Refused) return error.answer
  if (isUnauthorized(error) && challengesOf(error).length === 0) throw new Forbidden({ cause: error })
  throw error
}

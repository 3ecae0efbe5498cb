import { isToken } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import type { Authorizer, Handler, Variables } from '../../message/interface.ts'
import { isPromise } from '../../message/reply.ts'
import { Response } from '../../message/response.ts'
import { type Answering, isSite, type SiteDefaults, siteOf } from '../called/sites.ts'
import type { RoleSites } from './context.ts'
import { Guards } from './guards.ts'

/** What answers in each of the roles of FastCGI (§6); one that is left out is refused as unknown. */
export interface Roles {
  /** A Site, or a resource: what a module would export, as for `resource` of a route. */
  readonly responder?: unknown
  /**
   * A Site, whose guards are asked; an Authorizer, whose variables reach the program that is called next; or a resource,
   * whose answer 200 lets the request in, and any other goes to the client.
   */
  readonly authorizer?: unknown
  /** A Site or a resource, which finds the file in `callOf(connection).data`. */
  readonly filter?: unknown
}

/** A Site alone answers, and says who may. @throws TypeError for what can answer nothing. */
export function sitesOf(app: unknown, defaults: SiteDefaults): RoleSites {
  const { responder, authorizer, filter } = rolesOf(app)
  return {
    Responder: responder === undefined ? undefined : siteOf(responder, defaults),
    Authorizer: authorizer === undefined ? undefined : authorizerOf(authorizer, defaults),
    Filter: filter === undefined ? undefined : siteOf(filter, defaults),
  }
}

const ROLE_KEYS = ['responder', 'authorizer', 'filter']

function rolesOf(app: unknown): Roles {
  if (isSite(app)) return { responder: app, authorizer: app }
  return isRoles(app) ? app : { responder: app }
}

function isRoles(app: unknown): app is Roles {
  if (app === null || typeof app !== 'object') return false
  const keys = Object.keys(app)
  return keys.length > 0 && keys.every((key) => ROLE_KEYS.includes(key))
}

function authorizerOf(authorizer: unknown, defaults: SiteDefaults): Answering {
  return isSite(authorizer) ? new Guards(authorizer) : siteOf(authorizing(authorizer), defaults)
}

function authorizing(authorizer: unknown): unknown {
  if (!isAuthorizer(authorizer)) return authorizer
  return (...[request, connection]: Parameters<Handler>) => {
    const told = authorizer.authorizeUser(connection.user, request, connection)
    return isPromise(told) ? told.then(permission) : permission(told)
  }
}

function isAuthorizer(value: unknown): value is Authorizer {
  return value !== null && typeof value === 'object' && typeof (value as Authorizer).authorizeUser === 'function'
}

/** FastCGI §6.3: an answer 200, whose fields `Variable-NAME` become variables. @throws TypeError for a bad one. */
function permission(variables: Variables | void): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (!isToken(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a variable`)
    headers.append(`Variable-${name}`, value)
  }
  return new Response(null, { headers })
}

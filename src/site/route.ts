import type { Access } from '../access/access.ts'
import { guard } from '../access/guard.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { isToken } from '../message/fields.ts'
import type { Middleware, Reply } from '../message/interface.ts'
import { fold } from '../message/reply.ts'
import { NO_PARAMS, type Request } from '../message/request.ts'
import { explanationOf } from '../resource/explain.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import { kindOf, type ResourceKeys, resourceOf, usualBodyLimit } from './kinds.ts'
import { rewritten } from './rewrite.ts'
import type { Found } from './router.ts'
import type { BuiltRoute, Match } from './routes.ts'

/** Which requests go to which resource, and what stands before it. Exactly one of the resource keys is there. */
export interface Route extends ResourceKeys {
  /** A path pattern, or a rule. */
  readonly match: string | Match
  /** Whether no client can come here, only a resource can send: X-Accel-Redirect, or a Reroute that is internal. */
  readonly internal?: boolean
  /** Who may; whoever the site lets in where it is left out, and with `'public'` anybody. */
  readonly access?: Access
  /** The path that middleware and resource see instead, with `*` and `:name` of the pattern. */
  readonly rewrite?: string
  /** The most bytes the body of a request may have here. */
  readonly limits?: { readonly body?: number }
  /** Folded between the guard and the resource, the first outermost. */
  readonly middleware?: readonly Middleware[]
}

/** What holds for all routes of a site, unless they say otherwise. */
export interface RouteDefaults {
  readonly bodyLimit?: number | undefined
  readonly access?: Access | undefined
  /** What stands before routes of some access; made for each route where it is left out. */
  readonly guard?: (access: Access) => Middleware
}

/** @throws TypeError or RangeError that says what is wrong. */
export function buildRoute(route: Route, index: number, place: FilesPlace, defaults: RouteDefaults = {}): BuiltRoute {
  const match = typeof route.match === 'string' ? { path: route.match } : route.match
  const access = route.access === undefined ? defaults.access : route.access
  const guarded = access !== undefined && access !== 'public'
  const { guard: guardOf = (given) => guard(given, place) } = defaults
  const before: Middleware[] = guarded ? [guardOf(access)] : []
  // Behind the guard, which sees the path that was routed.
  if (route.rewrite !== undefined) before.push(rewriting(route.rewrite))
  const resource = resourceOf(route, place)
  const kind = kindOf(route)
  return {
    index,
    match,
    methods: methodsOf(match),
    internal: route.internal ?? false,
    kind,
    handler: fold(resource, [...before, ...(route.middleware ?? [])]),
    bodyLimit: route.limits?.body ?? defaults.bodyLimit ?? usualBodyLimit(kind),
    rewrite: route.rewrite,
    guarded,
    access,
    ownAccess: route.access !== undefined,
    explain: explanationOf(resource),
  }
}

/** Goes in at a route: what the request and the exchange learn from it, and the guard, the middleware, the resource. */
export function enterRoute(found: Found<BuiltRoute>, request: Request, connection: Connection): Reply {
  const { value: route, params } = found
  const { exchange } = connection
  exchange.route = found.pattern.text
  exchange.resource = route.kind
  // Only the guard of this route says who it is, even on a Connection that somebody used before.
  const { user, variables, means } = connection
  if (user !== undefined || variables !== undefined || means !== undefined) connection.identify(undefined)
  request.mount = found.mount
  request.params = params ?? NO_PARAMS
  const { body } = request
  if (body !== null) {
    body.limit = route.bodyLimit
    if (body.declared !== undefined && body.declared > route.bodyLimit)
      throw new HttpError(413, { code: 'limits.body' })
  }
  return route.handler(request, connection)
}

/** Leaves a route that did not answer: what was learned from it does not count, and whom its guard let in is nobody. */
export function leaveRoute(request: Request, connection: Connection): void {
  const { exchange } = connection
  exchange.route = undefined
  exchange.resource = undefined
  connection.identify(undefined)
  request.mount = ''
  request.params = NO_PARAMS
}

function rewriting(to: string): Middleware {
  if (!to.startsWith('/')) throw new TypeError(`rewrite goes to a path, not to ${JSON.stringify(to)}`)
  return (next) => (request, connection) => next(rewritten(request, to), connection)
}

/** The methods that a match names, or undefined where it takes all. GET brings HEAD with it. @throws TypeError. */
function methodsOf({ method }: Match): readonly string[] | undefined {
  if (method === undefined) return undefined
  const named = typeof method === 'string' ? [method] : method
  for (const name of named) {
    if (!isToken(name) || name !== name.toUpperCase())
      throw new TypeError(`${JSON.stringify(name)} is no method; methods are written in capitals`)
  }
  return named.includes('GET') && !named.includes('HEAD') ? [...named, 'HEAD'] : named
}

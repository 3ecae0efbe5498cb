import type { Access } from '../access/access.ts'
import { checkKeys, checkSaid } from '../access/known-keys.ts'
import { lazyGuard } from '../access/lazy-guard.ts'
import type { Connection } from '../message/connection.ts'
import { resourceBehind } from '../message/dispatch.ts'
import { HttpError } from '../message/errors.ts'
import type { Middleware, Reply } from '../message/interface.ts'
import { fold } from '../message/reply.ts'
import { NO_PARAMS, type Request } from '../message/request.ts'
import { explanationOf } from '../resource/explain.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import type { ErrorPages } from './error-pages.ts'
import { type Intercept, intercepting } from './intercept.ts'
import { kindOf, RESOURCE_KEYS, type ResourceKeys, resourceOf, usualBodyLimit } from './kinds.ts'
import { permissionOf } from './permission.ts'
import { rewritten } from './rewrite.ts'
import type { Found } from './router.ts'
import { type BuiltRoute, checkMatch, type Match, methodsOf } from './routes.ts'

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
  /** Error pages of this route, before those of the site. */
  readonly errors?: ErrorPages
  /**
   * Whether error answers of the resource become the site's error pages: all from 400 on, or those with these statuses.
   * What the site says where it is left out.
   */
  readonly intercept?: Intercept
  /** Folded between the guard and the resource, the first outermost. */
  readonly middleware?: readonly Middleware[]
}

/** What holds for all routes of a site, unless they say otherwise. */
export interface RouteDefaults {
  readonly bodyLimit?: number | undefined
  readonly access?: Access | undefined
  readonly intercept?: Intercept | undefined
  /** What stands before routes of some access; made for each route where it is left out. */
  readonly guard?: (access: Access) => Middleware
}

const OWN = {
  ...{ match: true, internal: true, access: true, rewrite: true, limits: true, errors: true, intercept: true },
  middleware: true,
} satisfies Record<Exclude<keyof Route, keyof ResourceKeys>, true>
const ROUTE: ReadonlySet<string> = new Set([...Object.keys(OWN), ...RESOURCE_KEYS])

/** @throws TypeError or RangeError that says what is wrong. */
export function buildRoute(route: Route, index: number, place: FilesPlace, defaults: RouteDefaults = {}): BuiltRoute {
  checkKeys(route, ROUTE, 'a route')
  checkSaid(route, ['access'])
  const match = typeof route.match === 'string' ? { path: route.match } : route.match
  checkMatch(match)
  const access = route.access === undefined ? defaults.access : route.access
  const guarded = access !== undefined && access !== 'public'
  const { guard: guardOf = (given) => lazyGuard(given, place) } = defaults
  const kind = kindOf(route)
  const before: Middleware[] = guarded ? [guardOf(access)] : []
  before.push(withoutPassword(kind))
  // Behind the guard, which sees the path that was routed.
  if (route.rewrite !== undefined) before.push(rewriting(route.rewrite))
  const resource = resourceOf(route, place, guardOf)
  const stages = [...before, ...(route.middleware ?? [])]
  return {
    index,
    match,
    methods: methodsOf(match),
    internal: route.internal ?? false,
    kind,
    handler: fold(intercepting(resource, route.intercept ?? defaults.intercept), stages),
    permission: permissionOf(stages),
    bodyLimit: route.limits?.body ?? defaults.bodyLimit ?? usualBodyLimit(kind),
    rewrite: route.rewrite,
    guarded,
    access,
    ownAccess: route.access !== undefined,
    explain: explanationOf(resource),
    behind: resourceBehind(resource),
  }
}

/** Goes in at a route: what the request and the exchange learn from it, and the guard, the middleware, the resource. */
export function enterRoute(found: Found<BuiltRoute>, request: Request, connection: Connection): Reply {
  const { value: route, params } = found
  const { exchange } = connection
  exchange.route = found.pattern.text
  exchange.resource = route.kind
  exchange.routeIndex = route.index
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
  exchange.routeIndex = -1
  connection.identify(undefined)
  // The guard of the next one may go by it.
  request.headers.giveBack()
  request.mount = ''
  request.params = NO_PARAMS
}

/** Resources that read the request itself; what others are told is chosen field by field, as options of theirs say. */
const TYPESCRIPT: ReadonlySet<string> = new Set(['module', 'resource', 'object'])

/**
 * What a guard goes by is not for what is behind it, nor for whoever makes the page of an error. Withheld, not deleted:
 * where this route leads on to another one, or fails, the guard there is to see it, and so are loggers.
 */
function withoutPassword(kind: string): Middleware {
  const reads = TYPESCRIPT.has(kind)
  return (next) => (request, connection) => {
    if (connection.failure !== undefined || (reads && connection.means?.usesAuthorization === true))
      request.headers.withhold('authorization')
    return next(request, connection)
  }
}

function rewriting(to: string): Middleware {
  if (!to.startsWith('/')) throw new TypeError(`rewrite goes to a path, not to ${JSON.stringify(to)}`)
  return (next) => (request, connection) => next(rewritten(request, to), connection)
}

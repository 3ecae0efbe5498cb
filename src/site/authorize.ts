import type { Access } from '../access/access.ts'
import { describeAccess, type Line } from '../access/describe.ts'
import { networks } from '../io/addresses.ts'
import { branded, HTTP_ERROR } from '../message/brands.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { Headers } from '../message/headers.ts'
import type { Handler, Middleware, Reply } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import { Response } from '../message/response.ts'
import { explaining } from '../resource/explain.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import { originalOf, TARGET_FIELDS } from './original.ts'
import { ask, groupsField, intoGuards, nameField, permissionOf, variableFields } from './permission.ts'
import { type BuiltRoute, checkMatch, type Match, methodsOf, RouteTable } from './routes.ts'

/** Who may, asked by another web server: nginx `auth_request`, Caddy `forward_auth`, Traefik `forwardAuth`. */
export interface AuthorizeOptions {
  /** Who may, whatever is asked for. */
  readonly access?: Access
  /** Who may, by what is asked for; the narrowest rule counts, and what none speaks of nobody may. */
  readonly routes?: readonly AuthorizeRule[]
  /** The field that tells the web server who it is; `Remote-User` where it is left out. */
  readonly user?: string
  /** The field that tells the user's groups, with commas between them; `Remote-Groups` where it is left out. */
  readonly groups?: string
}

/** Who may do what the web server asks about. */
export interface AuthorizeRule {
  /** A pattern for the path that the client asked the web server for, or a rule. */
  readonly match: string | Match
  /** Who may. */
  readonly access: Access
}

/** What stands before all that has some access. */
export type GuardOf = (access: Access) => Middleware

/**
 * Answers web servers that ask whether a request may be served: 200 with the user, the groups, and the authorizer's
 * variables as fields, or what the guard says: 401 with its challenge, 403, 429, a redirect.
 * @throws TypeError for options that cannot be.
 */
export function authorize(options: AuthorizeOptions, place: FilesPlace, guardOf: GuardOf): Handler {
  const { access, user = 'Remote-User', groups = 'Remote-Groups' } = options
  if ((access === undefined) === (options.routes === undefined))
    throw new TypeError('authorize needs access, or routes with access, and not both')
  const rules = options.routes ?? [{ match: '/*', access: access ?? 'public' }]
  const guards = intoGuards(new RouteTable(rules.map((rule, index) => builtRule(rule, index, guardOf))))
  const { trustedProxies = [] } = place
  const believed = { askers: networks(['loopback', 'unix', ...trustedProxies]), proxies: networks(trustedProxies) }

  const permission = ({ user: who, ...told }: Told): Response => {
    const headers = new Headers({ 'Cache-Control': 'no-store' })
    // Both always: a client's own are overwritten by them, where the web server copies them.
    headers.append(user, who)
    headers.append(groups, told.groups)
    for (const [name, value] of told.variables) headers.append(name, value)
    return new Response(null, { headers })
  }

  const answer: Handler = (request, connection) => {
    try {
      const original = originalOf(request, connection, believed)
      const reply = ask(guards, original.request, original.connection, (asked) => {
        // For the access log.
        connection.identify(asked.user, undefined, asked.means)
        return permission(toldOf(asked))
      })
      return isPromise(reply) ? reply.then(unstored, refuse) : unstored(reply)
    } catch (error) {
      return refuse(error)
    }
  }
  return explaining(answer, async () => [
    ['asks', `${TARGET_FIELDS.join(' or ')}: what may be done there`],
    ...rules.flatMap(({ match, access }) => ruleLines(patternOf(match), access)),
    ['else', 'nobody may'],
  ])
}

interface Told {
  readonly user: string
  readonly groups: string
  readonly variables: readonly (readonly [string, string])[]
}

/** @throws TypeError for a user whom no field can tell: to let in without a name would be another's right. */
function toldOf(asked: Connection): Told {
  const { user } = asked
  const variables = variableFields(asked).filter(([name]) => name.toLowerCase() !== 'variable-remote_user')
  return { user: user === undefined ? '' : nameField(user.name), groups: groupsField(asked), variables }
}

function builtRule({ match, access }: AuthorizeRule, index: number, guardOf: GuardOf): BuiltRoute {
  const rule = typeof match === 'string' ? { path: match } : match
  checkMatch(rule)
  const permission = permissionOf(access === 'public' ? [] : [guardOf(access)])
  return {
    index,
    match: rule,
    methods: methodsOf(rule),
    internal: false,
    kind: 'authorize',
    handler: permission,
    permission,
    bodyLimit: 0,
    rewrite: undefined,
    guarded: access !== 'public',
    access,
    ownAccess: true,
    explain: undefined,
  }
}

function ruleLines(pattern: string, access: Access): Line[] {
  return access === 'public' ? [['rule', `${pattern}: public`]] : describeAccess(access, `${pattern}: `)
}

function patternOf(match: string | Match): string {
  if (typeof match === 'string') return match
  const { method = [], host = [], path = '/*' } = match
  return [...[method].flat(), ...[host].flat(), path].join(' ')
}

/** What one client may is nobody else's answer (RFC 9111 §5.2.2.5). */
function unstored(response: Response): Response {
  response.headers.set('Cache-Control', 'no-store')
  return response
}

function refuse(error: unknown): Reply {
  if (!branded(error, HTTP_ERROR)) throw error
  const { status, detail, code, cause, headers } = error as HttpError
  const fields = new Headers(headers)
  fields.set('Cache-Control', 'no-store')
  throw new HttpError(status, {
    headers: fields,
    ...(detail !== undefined && { detail }),
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause }),
  })
}

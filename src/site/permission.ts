import { cancelBody } from '../message/body.ts'
import type { Connection } from '../message/connection.ts'
import { Forbidden } from '../message/errors.ts'
import { toResponse } from '../message/fetch.ts'
import { isToken } from '../message/fields.ts'
import type { Answer, Handler, Middleware } from '../message/interface.ts'
import { fold, isPromise } from '../message/reply.ts'
import { NO_PARAMS } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { byteString } from '../protocol/cgi/octets.ts'
import type { RouteTable } from './routes.ts'

/*
 * What the guards of routes say of a request that somebody else will answer. No resource is called: in its place stands
 * one that notes that the request came to it.
 */

/** The connections of requests that came past all guards. */
const admitted = new WeakSet<Connection>()

const admit: Handler = (_, connection) => {
  admitted.add(connection)
  return new Response(null)
}

/** A route's guard and middleware without its resource; folded when it is first asked, for most never are. */
export function permissionOf(stages: readonly Middleware[]): Handler {
  let handler: Handler | undefined
  return (request, connection) => {
    handler ??= fold(admit, stages)
    return handler(request, connection)
  }
}

/** Asks the first route that takes a request. @throws Forbidden where none does: what nobody speaks of is not open. */
export function intoGuards(table: RouteTable): Handler {
  return (request, connection) => {
    for (const { value: route, mount, params, pattern } of table.candidates(request)) {
      if (route.internal || route.methods?.includes(request.method) === false) continue
      if (route.match.when !== undefined && !route.match.when(request, connection)) continue
      request.mount = mount
      request.params = params ?? NO_PARAMS
      connection.exchange.route ??= pattern.text
      connection.exchange.resource ??= 'authorizer'
      connection.identify(undefined)
      return route.permission(request, connection)
    }
    const { method, path } = request
    connection.exchange.report('info', 'No route takes a request that was to be authorized.', { method, path })
    throw new Forbidden()
  }
}

/**
 * The answer of guards. Only what came past all of them is let in, and told by `permission`; an answer in the place of
 * the resource, such as a redirect to a login page, goes to the client.
 * @throws whatever the guards throw; Forbidden for an answer that would be taken for a permission, and is none.
 */
export function ask(
  guards: Handler,
  request: Parameters<Handler>[0],
  connection: Connection,
  permission: (connection: Connection) => Response,
): Response | Promise<Response> {
  const answer = guards(request, connection)
  if (isPromise(answer)) return answer.then((made) => verdict(made, connection, permission))
  return verdict(answer, connection, permission)
}

function verdict(answer: Answer, connection: Connection, permission: (connection: Connection) => Response): Response {
  const response = toResponse(answer)
  const through = admitted.delete(connection)
  if (response === undefined) throw new TypeError('a guard sent a request elsewhere that it was only asked about')
  if (response.upgrade === undefined && response.status >= 300) return response
  cancelBody(response.body)
  if (through && response.upgrade === undefined) return permission(connection)
  connection.exchange.report('warn', 'A guard answered itself, and let nobody in.', { status: response.status })
  throw new Forbidden()
}

/** A value that a field carries unchanged: what is not may become another name on its way. */
const SAFE = /^[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/

/** A name as the octets of a field. @throws TypeError for one that no field can carry as it is. */
export function nameField(name: string): string {
  const value = byteString(name)
  if (SAFE.test(value)) return value
  throw new TypeError(`no field can carry the name ${JSON.stringify(name)}`)
}

/** Groups with commas between them. One that a field cannot carry, or that would be two, is left out and reported. */
export function groupsField({ user, exchange }: Connection): string {
  const groups = (user?.groups ?? []).map(byteString)
  const safe = groups.filter((group) => SAFE.test(group) && !group.includes(','))
  if (safe.length < groups.length)
    exchange.report('warn', 'A group cannot be told in a field.', { user: user?.name, groups: user?.groups })
  return safe.join(',')
}

/** Those that can be fields, as `Variable-NAME` (FastCGI §6.3); the others are left out and reported. */
export function variableFields({ variables = {}, exchange }: Connection): [string, string][] {
  const fields: [string, string][] = []
  for (const [name, text] of Object.entries(variables)) {
    const value = byteString(text)
    if (isToken(name) && (value === '' || SAFE.test(value))) fields.push([`Variable-${name}`, value])
    else exchange.report('warn', 'A variable of an authorizer cannot be told in a field.', { name })
  }
  return fields
}

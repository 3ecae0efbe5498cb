import { branded, RESPONSE } from '../message/brands.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { toResponse } from '../message/fetch.ts'
import { Headers } from '../message/headers.ts'
import type { Answer } from '../message/interface.ts'
import { isDeclined, isReroute, type Reroute } from '../message/outcome.ts'
import { isPromise } from '../message/reply.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { OtherReadings } from './other-readings.ts'
import { enterRoute, leaveRoute } from './route.ts'
import type { Found } from './router.ts'
import type { BuiltRoute, RouteTable } from './routes.ts'

/** How often a request may be rerouted. */
const MAX_REROUTES = 5

type Routed = Response | Promise<Response>

/** A way through the routes that is not the straight one: what was tried, what declined, what would have been allowed. */
interface Way {
  readonly request: Request
  readonly connection: Connection
  readonly hops: number
  /** Whether it may go to routes that are `internal`. */
  readonly internal: boolean
  /** All routes for the path, in order; looked up only where the first is not the answer. */
  candidates: readonly Found<BuiltRoute>[] | undefined
  next: number
  allow: string[] | undefined
}

/**
 * Finds the route of a request and has its resource answer; goes on to the next route where one declines, and starts
 * again where one reroutes. The straight way, one route that answers at once, makes no promise and no closure.
 */
export class Dispatcher {
  readonly #table: RouteTable
  readonly #readings: OtherReadings | undefined

  constructor(table: RouteTable, readings?: OtherReadings) {
    this.#table = table
    this.#readings = readings
  }

  /** @throws HttpError 404 where no route takes the path, 405 where none takes the method; whatever a resource throws. */
  dispatch(request: Request, connection: Connection, hops: number = 0, internal: boolean = false): Routed {
    if (request.path === '*') return serverOptions()
    const first = this.#table.first(request)
    const way: Way = { request, connection, hops, internal, candidates: undefined, next: 1, allow: undefined }
    return first === undefined ? nobody(way) : this.#enter(first, way)
  }

  #enter(found: Found<BuiltRoute>, way: Way): Routed {
    const { value: route } = found
    const { request, connection } = way
    if (route.internal && !way.internal) return this.#onward(way)
    if (route.methods !== undefined && !route.methods.includes(request.method)) {
      way.allow = [...(way.allow ?? []), ...route.methods]
      return this.#onward(way)
    }
    if (route.match.when !== undefined && !route.match.when(request, connection)) return this.#onward(way)
    if (this.#readings?.lead(found, request, connection) === true) throw twoReadings()
    const reply = enterRoute(found, request, connection)
    if (isPromise(reply)) return reply.then((answer) => this.#settle(answer, way))
    return branded(reply, RESPONSE) ? (reply as Response) : this.#settle(reply, way)
  }

  /** To the next route for the path. */
  #onward(way: Way): Routed {
    way.candidates ??= this.#table.candidates(way.request)
    const found = way.candidates[way.next++]
    return found === undefined ? nobody(way) : this.#enter(found, way)
  }

  #settle(answer: Answer, way: Way): Routed {
    const response = toResponse(answer)
    if (response !== undefined) return response
    if (isDeclined(answer)) {
      if (way.request.bodyUsed) throw new TypeError('a resource declined after it had read the body')
      leaveRoute(way.request, way.connection)
      return this.#onward(way)
    }
    if (isReroute(answer)) return this.#reroute(answer, way)
    throw new TypeError(`a resource returned ${answer === null ? 'null' : typeof answer} where a Response was expected`)
  }

  #reroute({ to, method, internal, headers, failed }: Reroute, { request, connection, hops }: Way): Routed {
    if (hops === MAX_REROUTES) {
      throw new TypeError(`a request was rerouted more than ${MAX_REROUTES} times, last to ${to}`)
    }
    leaveRoute(request, connection)
    const next = request.with({ path: to, ...(method !== undefined && { method, body: null }) })
    const go = (): Routed => this.dispatch(next, connection, hops + 1, internal)
    const routed = failed === undefined ? go() : orFailed(go, failed)
    if (headers === undefined) return routed
    return isPromise(routed) ? routed.then((made) => withFields(made, headers)) : withFields(routed, headers)
  }
}

/** What is thrown on a way, as whoever sent the request there understands it. */
function orFailed(go: () => Routed, failed: (error: unknown) => unknown): Routed {
  const rethrow = (error: unknown): never => {
    throw failed(error)
  }
  try {
    const routed = go()
    return isPromise(routed) ? routed.catch(rethrow) : routed
  } catch (error) {
    return rethrow(error)
  }
}

/** An answer with these fields in the place of its own. Of Set-Cookie there may be several, and all count. */
function withFields(response: Response, fields: Headers): Response {
  const headers = new Headers(response.peek())
  for (const name of fields.keys()) if (name !== 'set-cookie') headers.delete(name)
  for (const [name, value] of fields.raw()) headers.append(name, value)
  return response.with({ headers })
}

/** OPTIONS * asks what the server as a whole can do (RFC 9110 §9.3.7). */
function serverOptions(): Response {
  return new Response(null, { status: 204, headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' } })
}

/** As for a path that the HTTP server behind a proxy may take for another one. */
function twoReadings(): HttpError {
  return new HttpError(400, { code: 'path', detail: 'This path can be understood in two ways.' })
}

/**
 * No route answers. OPTIONS is answered wherever some method is (RFC 9110 §9.3.7). A request on which nothing was done yet
 * goes back to a host server that takes it.
 */
function nobody({ request, connection, hops, allow = [] }: Way): Response {
  if (allow.length === 0 && hops === 0 && connection.exchange.handBack === 'wanted' && !request.bodyUsed) {
    connection.exchange.handBack = 'due'
    return new Response(null, { status: 404 })
  }
  if (request.method === 'OPTIONS' && allow.length > 0)
    return new Response(null, { status: 204, headers: allowed(allow) })
  throw noRoute(request, allow)
}

function noRoute(request: Request, allow: readonly string[]): HttpError {
  if (request.method === 'CONNECT') return new HttpError(501, { detail: 'This server is no proxy.' })
  if (allow.length === 0) return new HttpError(404)
  return new HttpError(405, { headers: allowed(allow), detail: `${request.method} is not possible here.` })
}

function allowed(methods: readonly string[]): { Allow: string } {
  return { Allow: [...new Set([...methods, 'OPTIONS'])].join(', ') }
}

import { type Access, guard } from '../access/guard.ts'
import { branded, RESPONSE } from '../message/brands.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { ExchangeRecord, Report } from '../message/exchange.ts'
import { toResponse } from '../message/fetch.ts'
import type { Answer, Handler, Logger, Middleware } from '../message/interface.ts'
import { isDeclined, isReroute } from '../message/outcome.ts'
import { fold, isPromise } from '../message/reply.ts'
import type { Request, RequestInit } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { selective } from '../message/selective.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import { type ErrorPages, errorResponse, toHttpError } from './errors.ts'
import { requestInProcess } from './in-process.ts'
import { kindOf, type ResourceKeys, resourceOf } from './kinds.ts'
import { recordOf } from './record.ts'
import { rewritten } from './rewrite.ts'
import { type BuiltRoute, type Match, methodsOf, RouteTable } from './routes.ts'
import type { Found } from './router.ts'

export interface Route extends ResourceKeys {
  /** Which requests: a path pattern, or a rule. */
  readonly match: string | Match
  /** Who may. */
  readonly access?: Access
  /** The path that the resource sees instead. */
  readonly rewrite?: string
  readonly limits?: { readonly body?: number }
  /** Folded between the guard and the resource, the first outermost. */
  readonly middleware?: readonly Middleware[]
}

export interface SiteOptions {
  readonly routes: readonly Route[]
  readonly errors?: ErrorPages
  readonly log?: readonly Logger[]
  /** Where reports go, the one way to the error log; nowhere where it is left out. */
  readonly report?: Report
  /** The most bytes the body of a request may have, unless its route says otherwise. */
  readonly limits?: { readonly body?: number }
  /** Folded round the whole site, error pages included; the first outermost. */
  readonly middleware?: readonly Middleware[]
  readonly place?: Partial<FilesPlace>
}

/** The most bytes of a body that a resource takes by default: 1 MiB. */
export const DEFAULT_BODY_LIMIT: number = 1024 * 1024
const MAX_REROUTES = 5

/** Everything between the front doors and the resources: routes, guards, errors and loggers, folded once. */
export class Site {
  readonly #table: RouteTable
  readonly #errors: ErrorPages
  readonly #log: readonly Logger[]
  readonly #handler: Handler
  readonly report: Report | undefined

  /** @throws TypeError or RangeError that says which route is wrong, and how. */
  constructor(options: SiteOptions) {
    const place: FilesPlace = { base: '.', types: {}, withheld: () => false, ...options.place }
    const limit = options.limits?.body ?? DEFAULT_BODY_LIMIT
    this.#table = new RouteTable(options.routes.map((route) => builtRoute(route, place, limit)))
    this.#errors = options.errors ?? {}
    this.#log = options.log ?? []
    this.report = options.report
    this.#handler = fold((request, connection) => this.#answer(request, connection), options.middleware ?? [])
  }

  /** Whether anybody wants to hear of exchanges; front doors then take the times. */
  get logging(): boolean {
    return this.#log.length > 0
  }

  /** The answer to a request. Never throws: whatever happens inside becomes a Response. */
  handle(request: Request, connection: Connection): Response | Promise<Response> {
    try {
      const reply = this.#handler(request, connection)
      if (isPromise(reply)) return reply.then((answer) => this.#made(answer), (error) => this.failed(error, request, connection))
      return this.#made(reply)
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }

  /** Tells the loggers of an exchange that has ended. */
  finished(request: Request, connection: Connection, response: Response): void {
    if (this.#log.length === 0) return
    const record: ExchangeRecord = recordOf(request, connection, response)
    for (const logger of this.#log) {
      try {
        logger.logRequest(record)
      } catch (error) {
        connection.exchange.report('error', 'A logger failed.', { error })
      }
    }
  }

  /** Answers in process, without a socket: for tests, and for programs that use a site as a function. */
  request(target: string | URL, init: RequestInit = {}): Promise<Response> {
    return requestInProcess(this, target, init)
  }

  #made(answer: Answer): Response {
    return branded(answer, RESPONSE) ? (answer as Response) : (toResponse(answer) ?? new Response(null, { status: 500 }))
  }

  #answer(request: Request, connection: Connection): Response | Promise<Response> {
    const finish = (response: Response): Response => selective(request, response)
    try {
      const reply = this.#route(request, connection, 0)
      if (isPromise(reply)) return reply.then(finish).catch((error) => this.failed(error, request, connection))
      return selective(request, reply)
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }

  /** The answer for something thrown. Never throws. */
  failed(thrown: unknown, request: Request, connection: Connection): Response | Promise<Response> {
    const error = toHttpError(thrown)
    const { exchange } = connection
    if (error.status >= 500) {
      exchange.error = error.cause ?? error
      exchange.report('error', 'The request failed.', { method: request.method, uri: request.target, status: error.status, error: exchange.error })
    }
    return errorResponse(error, this.#errors, request, connection)
  }

  #route(request: Request, connection: Connection, hops: number): Response | Promise<Response> {
    if (request.path === '*') return serverOptions()
    const first = this.#table.first(request)
    if (first === undefined) throw noRoute(request)
    return this.#try([first], 0, request, connection, hops, [])
  }

  /** Tries a route, and those after it where it does not apply or declines. `allow` collects what 405 will say. */
  #try(found: Found<BuiltRoute>[], at: number, request: Request, connection: Connection, hops: number, allow: string[]): Response | Promise<Response> {
    const candidates = at === 1 && found.length === 1 ? this.#table.candidates(request) : found
    const candidate = candidates[at]
    if (candidate === undefined) throw noRoute(request, allow)
    const next = (): Response | Promise<Response> => this.#try(candidates, at + 1, request, connection, hops, allow)
    const { match } = candidate.value
    const methods = methodsOf(match)
    if (methods !== undefined && !methods.includes(request.method)) {
      allow.push(...methods)
      return next()
    }
    if (match.when !== undefined && !match.when(request, connection)) return next()
    const settle = (answer: Answer): Response | Promise<Response> => this.#settle(answer, request, connection, hops, next)
    const reply = enter(candidate, request, connection)
    if (isPromise(reply)) return reply.then(settle)
    return branded(reply, RESPONSE) ? (reply as Response) : settle(reply)
  }

  #settle(answer: Answer, request: Request, connection: Connection, hops: number, next: () => Response | Promise<Response>): Response | Promise<Response> {
    const response = toResponse(answer)
    if (response !== undefined) return response
    if (isDeclined(answer)) {
      if (request.bodyUsed) throw new TypeError('a resource declined after it had read the body')
      return next()
    }
    if (isReroute(answer)) {
      if (hops === MAX_REROUTES) throw new TypeError(`a request was rerouted more than ${MAX_REROUTES} times, last to ${answer.to}`)
      return this.#route(request.with({ path: answer.to }), connection, hops + 1)
    }
    throw new TypeError(`a resource returned ${answer === null ? 'null' : typeof answer} where a Response was expected`)
  }
}

function builtRoute(route: Route, place: FilesPlace, limit: number): BuiltRoute {
  const match = typeof route.match === 'string' ? { path: route.match } : route.match
  const around = [...(route.access === undefined ? [] : [guard(route.access)]), ...(route.middleware ?? [])]
  return {
    match,
    kind: kindOf(route),
    handler: fold(resourceOf(route, place), around),
    bodyLimit: route.limits?.body ?? limit,
    rewrite: route.rewrite,
  }
}

function enter({ value: route, pattern, mount, params }: Found<BuiltRoute>, request: Request, connection: Connection): Answer | Promise<Answer> {
  const { exchange } = connection
  exchange.route = pattern.text
  exchange.resource = route.kind
  if (connection.user !== undefined) connection.identify(undefined)
  request.mount = mount
  if (params !== undefined) request.params = params
  const { body } = request
  if (body !== null) {
    body.limit = route.bodyLimit
    if (body.declared !== undefined && body.declared > route.bodyLimit) throw new HttpError(413, { code: 'body-limit' })
  }
  return route.handler(route.rewrite === undefined ? request : rewritten(request, route.rewrite), connection)
}

/** OPTIONS * asks for what the server as a whole can do (RFC 9110 §9.3.7). */
function serverOptions(): Response {
  return new Response(null, { status: 204, headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' } })
}

function noRoute(request: Request, allow: readonly string[] = []): HttpError {
  if (request.method === 'CONNECT') return new HttpError(501, { detail: 'This server is no proxy.' })
  if (allow.length === 0) return new HttpError(404)
  const methods = [...new Set([...allow, 'OPTIONS'])].join(', ')
  return new HttpError(405, { headers: { Allow: methods }, detail: `${request.method} is not possible here.` })
}

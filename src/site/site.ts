import type { Access } from '../access/access.ts'
import { checkKeys, checkSaid } from '../access/known-keys.ts'
import { lazyGuard } from '../access/lazy-guard.ts'
import type { GuardPlace } from '../access/place.ts'
import { branded, RESPONSE } from '../message/brands.ts'
import type { Connection } from '../message/connection.ts'
import type { HttpError } from '../message/errors.ts'
import type { Report } from '../message/exchange.ts'
import { toResponse } from '../message/fetch.ts'
import type { Answer, Handler, Logger, Middleware } from '../message/interface.ts'
import { fold, isPromise } from '../message/reply.ts'
import type { Request, RequestInit } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import { selective } from '../message/selective.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import { developing } from './developing.ts'
import { isDeveloper } from './development-client.ts'
import { Dispatcher } from './dispatcher.ts'
import { defaultPage } from './error-page.ts'
import { buildPages, type ErrorPages, type Page, type Pages, pageFor } from './error-pages.ts'
import { errorResponse, type LastResort, toHttpError } from './errors.ts'
import type { Explanation } from './explain.ts'
import { requestInProcess } from './in-process.ts'
import { InfoRoute, type SiteInfoOptions } from './info-route.ts'
import type { Intercept } from './intercept.ts'
import type { SiteObjects } from './object-routes.ts'
import { OtherReadings } from './other-readings.ts'
import { ownIdentity } from './own-identity.ts'
import { ask, intoGuards } from './permission.ts'
import { recordOf } from './record.ts'
import { buildRoute, type Route } from './route.ts'
import { RouteTable } from './routes.ts'
import type { Sources } from './stack.ts'
import { tell, unfailing } from './tell.ts'

export interface SiteOptions {
  readonly routes: readonly Route[]
  /** Error pages of all routes. */
  readonly errors?: ErrorPages
  /** Whether error answers of resources become error pages, unless their route says otherwise; false where left out. */
  readonly intercept?: Intercept
  /** Whether errors are shown with stack and source to clients on this machine; false where it is left out. */
  readonly development?: boolean | Pick<Sources, 'withheld'>
  readonly log?: readonly Logger[]
  /** Where reports go, the one way to the error log; nowhere where it is left out. */
  readonly report?: Report
  /** The field that tells resources which request it is; true for X-Request-Id. */
  readonly requestId?: true | string
  /** The most bytes the body of a request may have, unless its route says otherwise; failed logins, see the config. */
  readonly limits?: { readonly body?: number; readonly logins?: number }
  /** Who may use the routes that say nothing of it; anybody where it is left out. */
  readonly access?: Access
  /** The object servers. */
  readonly objects?: SiteObjects
  /** Whom `/info@root` tells what the site has; nobody where it is left out. */
  readonly info?: SiteInfoOptions | undefined
  /** Folded round the whole site, error pages included; the first outermost. */
  readonly middleware?: readonly Middleware[]
  /** Where relative folders are taken from, and what is never served. */
  readonly place?: Partial<FilesPlace>
}

const KEYS: ReadonlySet<string> = new Set(
  Object.keys({
    ...{ routes: true, errors: true, intercept: true, development: true, log: true, report: true, requestId: true },
    ...{ limits: true, access: true, objects: true, info: true, middleware: true, place: true },
  } satisfies Record<keyof SiteOptions, true>),
)

/**
 * Everything between the front doors and the resources, folded once. From the outside in: the middleware of the site,
 * ranges and conditions, error pages, then the route's guard, its middleware, its resource.
 */
export class Site {
  readonly report: Report | undefined
  readonly #table: RouteTable
  readonly #pages: Pages
  /** Those of the routes that have some, by their place. */
  readonly #routePages: readonly (Pages | undefined)[]
  readonly #lastResort: LastResort
  readonly #development: boolean
  readonly #log: readonly Logger[]
  readonly #dispatcher: Dispatcher
  readonly #readings: OtherReadings | undefined
  readonly #requestId: string | undefined
  /** The middleware of the site round its answer; undefined where there is none. */
  readonly #handler: Handler | undefined
  readonly #middleware: readonly Middleware[]
  /** The middleware of the site round its guards; made when somebody asks them. */
  #guards: Handler | undefined = undefined

  /** @throws TypeError or RangeError that says which route is wrong, and how. */
  constructor(options: SiteOptions) {
    checkKeys(options, KEYS, 'a site')
    checkSaid(options, ['access'])
    const { objects } = options
    const identity = ownIdentity(options.routes, [
      options.access,
      options.info?.access,
      ...Object.values(objects?.access ?? {}),
    ])
    const place: FilesPlace = {
      base: '.',
      types: {},
      withheld: () => false,
      ...options.place,
      identity,
      objects: objects?.servers,
    }
    this.report = options.report === undefined ? undefined : unfailing(options.report)
    const { limits, access, intercept } = options
    const guardOf = guards({ ...place, report: this.report, logins: limits?.logins })
    // Also where all routes have their own.
    if (access !== undefined) inAccess(() => guardOf(access))
    const defaults = { bodyLimit: limits?.body, access, intercept, guard: guardOf }
    const routes = options.routes.map((route, i) => inRoute(i, () => buildRoute(route, i, place, defaults)))
    const byUrl = objects?.routes(place, defaults)
    const mounted = routes.map((route, i) => ({ route, object: options.routes[i]?.object }))
    const info = options.info && new InfoRoute(options.info, mounted, objects?.servers, byUrl, place, defaults)
    this.#table = new RouteTable(routes, info ?? byUrl)
    this.#readings = OtherReadings.of([...routes, ...(byUrl?.routes ?? []), ...(info?.guarded ?? [])])
    this.#dispatcher = new Dispatcher(this.#table, this.#readings)
    const inside: Handler = (request, connection) => this.#dispatcher.dispatch(request, connection, 0, true)
    this.#pages = buildPages(options.errors, place.base, inside, this.#table)
    this.#routePages = options.routes.map(({ errors }, i) =>
      errors === undefined ? undefined : inRoute(i, () => buildPages(errors, place.base, inside, this.#table)),
    )
    const { development = false } = options
    this.#development = development !== false
    this.#lastResort =
      development === false
        ? defaultPage
        : developing({
            base: place.base,
            withheld: typeof development === 'object' ? development.withheld : (place.secret ?? place.withheld),
          })
    this.#requestId = options.requestId === true ? 'X-Request-Id' : options.requestId
    this.#log = options.log ?? []
    const { middleware = [] } = options
    this.#middleware = middleware
    this.#handler =
      middleware.length === 0 ? undefined : fold((request, connection) => this.#answer(request, connection), middleware)
  }

  /** Whether anybody wants to hear of exchanges; front doors then take the times. */
  get logging(): boolean {
    return this.#log.length > 0
  }

  /** The answer to a request. Never throws: whatever happens inside becomes a Response. */
  handle(request: Request, connection: Connection): Response | Promise<Response> {
    // In the place of what a client wrote there.
    if (this.#requestId !== undefined) request.headers.set(this.#requestId, connection.exchange.requestId)
    if (this.#handler === undefined) return this.#answer(request, connection)
    try {
      const reply = this.#handler(request, connection)
      if (isPromise(reply)) return reply.then(responseOf).catch((error) => this.failed(error, request, connection))
      return responseOf(reply)
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }

  /**
   * What the guards of this site say of a request that somebody else will answer; no resource is called. Never throws.
   * @param permission The answer for what they let in, whose user and variables the connection has.
   */
  authorize(
    request: Request,
    connection: Connection,
    permission: (connection: Connection) => Response,
  ): Response | Promise<Response> {
    try {
      this.#guards ??= this.#foldedGuards()
      const answer = ask(this.#guards, request, connection, permission)
      return isPromise(answer) ? answer.catch((error) => this.failed(error, request, connection)) : answer
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }

  /** As for requests that are answered here: what is thrown becomes an answer inside the middleware of the site. */
  #foldedGuards(): Handler {
    const guards = intoGuards(this.#table)
    const answered: Handler = (request, connection) => {
      try {
        const reply = guards(request, connection)
        return isPromise(reply) ? reply.catch((error) => this.failed(error, request, connection)) : reply
      } catch (error) {
        return this.failed(error, request, connection)
      }
    }
    return fold(answered, this.#middleware)
  }

  /** The answer for something thrown. Never throws. */
  failed(thrown: unknown, request: Request, connection: Connection): Response | Promise<Response> {
    const error = toHttpError(thrown)
    const { exchange } = connection
    exchange.error = error.cause ?? error
    // A resource that ends with its client has not failed: else clients could fill the error log.
    const left = exchange.aborted && thrown instanceof Error && thrown.name === 'AbortError'
    // A 5xx that was thrown on purpose has its words; what is unknown is told in full, be it undefined.
    if (!left && error.status >= 500 && (error.cause !== undefined || error !== thrown)) {
      const { method, target } = request
      exchange.report('error', 'The request failed.', { method, uri: target, status: error.status, error: error.cause })
    }
    return errorResponse(error, this.#pageOf(error, request, connection), request, connection, this.#lastResort)
  }

  /** Tells the loggers of an exchange that has ended. */
  finished(request: Request, connection: Connection, response: Response): void {
    if (this.#log.length === 0) return
    tell(this.#log, recordOf(request, connection, response), connection.exchange)
  }

  /** What would become of a request, found out by the serving functions themselves; no resource is called. */
  async explain(method: string, target: string): Promise<Explanation> {
    const { explain } = await import('./explain.ts')
    const pagesOf = (index: number): readonly (Pages | undefined)[] => [this.#routePages[index], this.#pages]
    return explain(this.#table, method, target, pagesOf, this.#readings)
  }

  /** Answers in process, without a socket: for tests, and for programs that use a site as a function. */
  request(target: string | URL, init: RequestInit = {}): Promise<Response> {
    return requestInProcess(this, target, init)
  }

  /** Who develops the site sees what was thrown; the page that hides it from all others would not help. */
  #pageOf({ status, code }: HttpError, request: Request, connection: Connection): Page | undefined {
    if (this.#development && code === 'internal' && isDeveloper(request, connection)) return undefined
    return pageFor(this.#routePages[connection.exchange.routeIndex], status) ?? pageFor(this.#pages, status)
  }

  #answer(request: Request, connection: Connection): Response | Promise<Response> {
    try {
      const reply = this.#dispatcher.dispatch(request, connection)
      if (!isPromise(reply)) return selective(request, reply)
      // One promise, not two: there is one for each request that waits for anything.
      return reply.then(
        (response) => this.#select(response, request, connection),
        (error) => this.failed(error, request, connection),
      )
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }

  #select(response: Response, request: Request, connection: Connection): Response | Promise<Response> {
    try {
      return selective(request, response)
    } catch (error) {
      return this.failed(error, request, connection)
    }
  }
}

/** Routes of the same access have the same guard, which may hold what it knows of users. */
function guards(place: GuardPlace): (access: Access) => Middleware {
  const made = new Map<Access, Middleware>()
  return (access) => {
    const one = made.get(access) ?? lazyGuard(access, place)
    made.set(access, one)
    return one
  }
}

/** Says that it was the access of the site. */
function inAccess(build: () => unknown): void {
  try {
    build()
  } catch (cause) {
    throw new TypeError(`access: ${(cause as Error).message}`, { cause })
  }
}

/** Says which route it was that could not be built. */
function inRoute<T>(index: number, build: () => T): T {
  try {
    return build()
  } catch (cause) {
    throw new TypeError(`routes[${index}]: ${(cause as Error).message}`, { cause })
  }
}

/** Middleware may give the platform's Response too. */
function responseOf(answer: Answer): Response {
  if (branded(answer, RESPONSE)) return answer as Response
  const response = toResponse(answer)
  if (response === undefined) throw new TypeError('a middleware of the site returned something that is no Response')
  return response
}

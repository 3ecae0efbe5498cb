import { softwareName } from '../../io/software.ts'
import type { Connection } from '../../message/connection.ts'
import { dispatch, Resource } from '../../message/dispatch.ts'
import { HttpError } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import type { Handler } from '../../message/interface.ts'
import { preferredType } from '../../message/negotiation.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { isHandle } from '../../object/handle.ts'
import { type Asked, collected } from '../../object/info/collect.ts'
import type { ServerEntry, SiteInfo } from '../../object/info/entries.ts'
import type { Objects } from '../../object/objects.ts'
import { ROOT } from '../../protocol/object/names.ts'
import { type Mounted, placeOf, routeEntries } from './mounted.ts'
import { contentPolicy, infoPage, serverPage } from './page.ts'

export interface InfoOf {
  readonly routes: readonly Mounted[]
  readonly objects: Objects | undefined
  /** Milliseconds for the whole. */
  readonly timeout: number
}

const TYPES = ['application/json', 'text/html']

/** What answers at `/info@root` and `/info@paul`. */
export function infoHandler(of: InfoOf): Handler {
  return dispatch(new Info(of))
}

/**
 * `info@root`: what a site mounts, and what its object servers and objects say of themselves, asked when it is asked;
 * `info@paul`: of that server alone. Who asks while somebody else does gets the same answer: many that ask at once cost what one costs.
 */
class Info extends Resource {
  readonly #of: InfoOf
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(of: InfoOf) {
    super()
    this.#of = of
  }

  override async GET(request: Request, _connection: Connection): Promise<Response> {
    const name = request.path.slice(request.path.indexOf('@') + 1)
    const isPage = preferredType(request.headers.get('accept'), TYPES) === 'text/html'
    if (name === ROOT) {
      const info = await this.#once(name, () => this.#ofSite())
      return isPage ? page(infoPage(info, request.authority)) : json(info)
    }
    const server = await this.#once(name, () => this.#ofServer(name))
    return isPage ? page(serverPage(server, request.authority)) : json(server)
  }

  async #ofSite(): Promise<SiteInfo> {
    const { routes, objects, timeout } = this.#of
    const since = new Date(performance.timeOrigin).toISOString()
    const these = named(routes)
    const servers = objects === undefined ? [] : objects.names.map((name) => asked(objects, name, these))
    const [mounted, entries] = await Promise.all([routeEntries(routes, timeout), collected(servers, timeout)])
    return { site: { software: softwareName(), since }, routes: mounted, servers: entries }
  }

  async #ofServer(name: string): Promise<ServerEntry> {
    const { routes, objects, timeout } = this.#of
    const [entry] = objects === undefined ? [] : await collected([asked(objects, name, named(routes))], timeout)
    if (entry === undefined) throw new HttpError(404)
    return entry
  }

  async #once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const running = this.#running.get(name) as Promise<T> | undefined
    if (running !== undefined) return running
    const made = make()
    this.#running.set(name, made)
    try {
      return await made
    } finally {
      this.#running.delete(name)
    }
  }
}

/** Where routes lead to objects that they name. */
function named(routes: readonly Mounted[]): ReadonlyMap<string, string | undefined> {
  const places = new Map<string, string | undefined>()
  for (const { route, object } of routes) {
    if (object !== undefined && !route.internal) places.set(object, placeOf(route.match.path ?? '/*'))
  }
  return places
}

function asked(objects: Objects, name: string, places: ReadonlyMap<string, string | undefined>): Asked {
  const server = objects.server(name)
  const aliasOf = objects.aliasOf(name)
  const kindOf = (handle: string): string => handle.slice(0, Math.max(0, handle.indexOf(':')))
  const pathOf = (object: string): string | undefined => {
    const address = `${object}@${name}`
    return objects.reachable(object, name) ? `/${address}` : places.get(address)
  }
  return {
    name,
    kind: aliasOf === undefined ? kindOf(server?.handle ?? '') : 'alias',
    // A handle has an address, or a command: its kind is enough.
    aliasOf: aliasOf?.map((one) => (isHandle(one) ? kindOf(one) : one)),
    info: (timeout) => (server === undefined ? Promise.reject(new HttpError(503)) : server.info(timeout)),
    pathOf,
  }
}

function json(told: SiteInfo | ServerEntry): Response {
  return new Response(`${JSON.stringify(told, undefined, 2)}\n`, { headers: fields('application/json') })
}

function page(html: string): Response {
  const headers = fields('text/html;charset=utf-8')
  headers.set('Content-Security-Policy', contentPolicy())
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Referrer-Policy', 'no-referrer')
  return new Response(html, { headers })
}

/** It is another one each time, and for nobody else: no cache keeps it, and no page of another origin gets it. */
function fields(type: string): Headers {
  return new Headers({
    'Content-Type': type,
    'Cache-Control': 'no-store',
    Vary: 'Accept',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
  })
}

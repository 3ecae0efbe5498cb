import type { Access } from '../access/access.ts'
import { checkKeys } from '../access/known-keys.ts'
import type { Connection } from '../message/connection.ts'
import { isToken } from '../message/fields.ts'
import type { Handler } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { hostOf } from '../message/target.ts'
import type { Explain } from '../resource/explain.ts'
import { type Found, PathTable } from './router.ts'

/** When a route is meant. */
export interface Match {
  /** A path pattern: `/notes/:id`, `/files/*`, `/*.php`. All paths where it is left out. */
  readonly path?: string
  /** A host name without port, or `*.example.org` for all names under one. */
  readonly host?: string | readonly string[]
  /** One method or several. A route for GET takes HEAD too. */
  readonly method?: string | readonly string[]
  /** A function that must say yes. */
  readonly when?: (request: Request, connection: Connection) => boolean
}

/** A route as the site walks it. */
export interface BuiltRoute {
  /** Its place in the config. */
  readonly index: number
  readonly match: Match
  /** The methods that it takes; undefined for all. */
  readonly methods: readonly string[] | undefined
  /** Whether only a resource can send here, by a Reroute that says so, and no client. */
  readonly internal: boolean
  /** What kind of resource stands there: files, module, … */
  readonly kind: string
  /** Guard, middleware and resource, folded. */
  readonly handler: Handler
  /** The same without the resource: only asked who may. */
  readonly permission: Handler
  /** The most bytes a body may have. */
  readonly bodyLimit: number
  /** The path that the resource sees instead, with `*` and `:name` of the pattern. */
  readonly rewrite: string | undefined
  /** Whether a guard stands before it. */
  readonly guarded: boolean
  /** Who may, its own or that of the site. */
  readonly access: Access | undefined
  readonly ownAccess: boolean
  /** What the config calls it, where that is not its place among the routes. */
  readonly name?: string
  /** What the resource says of a request without answering it. */
  readonly explain: Explain | undefined
  /** The object that answers, where it is one of this process. */
  readonly behind?: object | undefined
}

/** Finds objects by the URLs that they have of themselves, `/echo@paul`. */
export interface ObjectPaths {
  /** By a canonical path; undefined where it names no object that may be reached so. */
  find(path: string): Found<BuiltRoute> | undefined
  /** Why a path that names an object leads to none, in words. */
  hidden(path: string): string | undefined
}

/**
 * All routes of a site. A route for the very host comes before one for `*.host`, and that before one for any host;
 * among them the most specific pattern; then a route that names methods, then one with `when`, then the order given. An
 * object by its URL comes before the first route that takes all paths.
 */
export class RouteTable {
  readonly #hosts = new Map<string, PathTable<BuiltRoute>>()
  readonly #wild: (readonly [end: string, table: PathTable<BuiltRoute>])[] = []
  readonly #any: PathTable<BuiltRoute>
  readonly #byHost: boolean
  readonly #objects: ObjectPaths | undefined

  /**
   * @param objects Finds objects by their URLs.
   * @throws TypeError for a pattern or a host that is none.
   */
  constructor(routes: readonly BuiltRoute[], objects?: ObjectPaths) {
    this.#objects = objects
    const byHost = new Map<string, BuiltRoute[]>([['', []]])
    for (const route of routes) {
      for (const host of hostsOf(route.match)) byHost.set(host, [...(byHost.get(host) ?? []), route])
    }
    for (const [host, list] of byHost) {
      const table = new PathTable(
        [...list].sort(byNarrowness).map((route) => [route.match.path ?? '/*', route] as const),
      )
      if (host.startsWith('*.')) this.#wild.push([host.slice(1), table])
      else this.#hosts.set(host, table)
    }
    this.#any = this.#hosts.get('') ?? new PathTable([])
    this.#hosts.delete('')
    this.#wild.sort((a, b) => b[0].length - a[0].length)
    this.#byHost = this.#hosts.size > 0 || this.#wild.length > 0
  }

  /** The first route for a request by host and path; undefined where `candidates` has none either. */
  first(request: Request): Found<BuiltRoute> | undefined {
    const found = this.#first(request)
    if (this.#objects === undefined || (found !== undefined && !takesAll(found))) return found
    return this.#objects.find(request.path) ?? found
  }

  #first(request: Request): Found<BuiltRoute> | undefined {
    if (this.#byHost) {
      const host = hostOf(request.authority)
      const found = this.#hosts.get(host)?.first(request.path) ?? this.#underHost(host, request.path)
      if (found !== undefined) return found
    }
    return this.#any.first(request.path)
  }

  /** Why the object that a request names by its URL does not answer there, in words; undefined where that is not so. */
  hidden(request: Request): string | undefined {
    return this.#objects?.hidden(request.path)
  }

  /** Whether some route, of whatever host, takes GET for a path. */
  takes(path: string): boolean {
    if (this.#objects?.find(path) !== undefined) return true
    const tables = [this.#any, ...this.#hosts.values(), ...this.#wild.map(([, table]) => table)]
    return tables.some((table) =>
      table.all(path).some(({ value: { methods } }) => methods === undefined || methods.includes('GET')),
    )
  }

  #underHost(host: string, path: string): Found<BuiltRoute> | undefined {
    for (const [end, table] of this.#wild) {
      const found = host.endsWith(end) ? table.first(path) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  /** All routes for a request by host and path, in order. */
  candidates(request: Request): Found<BuiltRoute>[] {
    const found = this.#candidates(request)
    const object = this.#objects?.find(request.path)
    if (object === undefined) return found
    const at = found.findIndex(takesAll)
    found.splice(at < 0 ? found.length : at, 0, object)
    return found
  }

  #candidates(request: Request): Found<BuiltRoute>[] {
    if (!this.#byHost) return this.#any.all(request.path)
    const host = hostOf(request.authority)
    const found = this.#hosts.get(host)?.all(request.path) ?? []
    for (const [end, table] of this.#wild) if (host.endsWith(end)) found.push(...table.all(request.path))
    found.push(...this.#any.all(request.path))
    return found
  }
}

/** Whether it is a route for whatever no other one is for: `/*`. */
function takesAll({ pattern }: Found<BuiltRoute>): boolean {
  return pattern.rank === '2' && pattern.suffix === undefined
}

function hostsOf(match: Match): string[] {
  if (match.host === undefined) return ['']
  return (typeof match.host === 'string' ? [match.host] : match.host).map((host) => hostOf(checkHost(host)))
}

/** The name again. @throws TypeError for one that no request can name. */
export function checkHost(host: string): string {
  if (/^(?:\*\.)?[^*:/\s]+$|^\[[0-9a-f:.]+\]$/i.test(host)) return host
  throw new TypeError(`${JSON.stringify(host)} is no host name; give it without scheme and port`)
}

function byNarrowness(a: BuiltRoute, b: BuiltRoute): number {
  return narrowness(b) - narrowness(a)
}

function narrowness({ match }: BuiltRoute): number {
  return (match.method === undefined ? 0 : 2) + (match.when === undefined ? 0 : 1)
}

const MATCH: ReadonlySet<string> = new Set(
  Object.keys({ path: true, host: true, method: true, when: true } satisfies Record<keyof Match, true>),
)

/** A condition that is mistyped is none, and the route would be for more. @throws TypeError. */
export function checkMatch(match: Match): void {
  checkKeys(match, MATCH, 'match')
}

/** The methods that a match names, or undefined where it takes all. GET brings HEAD with it. @throws TypeError. */
export function methodsOf({ method }: Match): readonly string[] | undefined {
  if (method === undefined) return undefined
  const named = typeof method === 'string' ? [method] : method
  for (const name of named) {
    if (!isToken(name) || name !== name.toUpperCase())
      throw new TypeError(`${JSON.stringify(name)} is no method; methods are written in capitals`)
  }
  return named.includes('GET') && !named.includes('HEAD') ? [...named, 'HEAD'] : named
}

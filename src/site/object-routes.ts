import type { Access } from '../access/access.ts'
import type { Handler } from '../message/interface.ts'
import type { Objects } from '../object/objects.ts'
import { INFO, isName, ROOT } from '../protocol/object/names.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import { type Pattern, parsePattern } from './pattern.ts'
import { buildRoute, type RouteDefaults } from './route.ts'
import type { Found } from './router.ts'
import type { BuiltRoute } from './routes.ts'

interface Mounted {
  readonly route: BuiltRoute
  readonly pattern: Pattern
}

/** The object servers of a site, and who may call their objects. */
export class SiteObjects {
  readonly servers: Objects
  /** Who may call the objects of a server at `/object@server`, by its name; whoever the site lets in where it says nothing. */
  readonly access: Readonly<Record<string, Access>>

  constructor(servers: Objects, access: Readonly<Record<string, Access>> = {}) {
    this.servers = servers
    this.access = access
  }

  /** @throws TypeError for a server that has a guard of its own and another name without one. */
  routes(place: FilesPlace, defaults: RouteDefaults): ObjectRoutes {
    return new ObjectRoutes(this, place, defaults)
  }
}

/** The objects of a site by their URLs, `/object@server`: a route for each object server. */
export class ObjectRoutes {
  readonly #objects: Objects
  readonly #mounted = new Map<string, Mounted>()

  constructor({ servers: objects, access }: SiteObjects, place: FilesPlace, defaults: RouteDefaults) {
    this.#objects = objects
    for (const [i, name] of objects.names.entries()) {
      const own = access[name]
      if (own === undefined) checkBeside(objects, name, access)
      const path = `/:object@${name}/*`
      const resource = calling(objects, name)
      const given = { match: path, resource, ...(own !== undefined && { access: own }) }
      // Their places are beside those of the routes, which count from 0 on; -1 is that of no route.
      const built = buildRoute(given, -2 - i, place, defaults)
      const route = { ...built, kind: 'object', name: `objects.${name}`, explain: explanation(objects, name) }
      this.#mounted.set(name, { route, pattern: parsePattern(path) })
    }
  }

  get routes(): readonly BuiltRoute[] {
    return [...this.#mounted.values()].map(({ route }) => route)
  }

  /** The server whose object a canonical path names, and where it is mounted; undefined where none may be reached by it. */
  find(path: string): Found<BuiltRoute> | undefined {
    const named = objectNamed(path)
    if (named === undefined || !this.#objects.reachable(named.object, named.name)) return undefined
    const { route: value, pattern } = this.#mounted.get(named.name) ?? {}
    if (value === undefined || pattern === undefined) return undefined
    return { value, pattern, mount: path.slice(0, named.end), params: undefined }
  }

  /** Why a path that names an object leads to none, in words; undefined where it does, or names none. */
  hidden(path: string): string | undefined {
    const { object, name } = objectNamed(path) ?? { object: '', name: '' }
    if (!this.#mounted.has(name) || this.#objects.reachable(object, name)) return undefined
    return `${object}@${name} does not answer at its URL: something else names it, or url of its server says so`
  }
}

interface Named {
  readonly object: string
  /** Of the server. */
  readonly name: string
  /** Where the mount ends in the path. */
  readonly end: number
}

/** What the first segment of a canonical path names, as `/echo@paul`; undefined where it cannot be an object. */
function objectNamed(path: string): Named | undefined {
  const at = path.indexOf('@')
  if (at < 2) return undefined
  const slash = path.indexOf('/', 1)
  if (slash >= 0 && slash < at) return undefined
  const end = slash < 0 ? path.length : slash
  const [object, name] = [path.slice(1, at), path.slice(at + 1, end)]
  return isName(object) && (object !== INFO || name === ROOT) ? { object, name, end } : undefined
}

function calling(objects: Objects, name: string): Handler {
  const server = objects.server(name)
  return (request, connection) => {
    // No site is made of a server that is not there.
    if (server === undefined) throw new TypeError(`there is no object server ${name}`)
    return server.call(objectIn(request.mount), request, connection)
  }
}

function explanation(objects: Objects, name: string): BuiltRoute['explain'] {
  return async (request) => {
    const { explainedCall } = await import('../resource/object/explain-call.ts')
    const server = objects.server(name)
    return server === undefined ? [] : explainedCall({ object: objectIn(request.mount), name, server }, request)
  }
}

/** `echo` of `/echo@paul`. */
function objectIn(mount: string): string {
  return mount.slice(1, mount.indexOf('@'))
}

/** By another name without a guard there would be a way round the guard. */
function checkBeside(objects: Objects, name: string, access: Readonly<Record<string, Access>>): void {
  if (objects.isHidden(name)) return
  const guarded = objects.namesBeside(name).find((other) => isRules(access[other]))
  if (guarded === undefined) return
  throw new TypeError(`objects.${name}: has objects of ${guarded}, which says who may: say it here too, or url: false`)
}

function isRules(access: Access | undefined): boolean {
  return access !== undefined && access !== 'public'
}

import type { Access } from '../access/access.ts'
import type { Handler } from '../message/interface.ts'
import type { Objects } from '../object/objects.ts'
import { INFO, ROOT } from '../protocol/object/names.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import type { InfoOf } from './info/info.ts'
import type { Mounted } from './info/mounted.ts'
import { isFromElsewhere, isLocalClient } from './local-client.ts'
import { type Pattern, parsePattern } from './pattern.ts'
import { buildRoute, type RouteDefaults } from './route.ts'
import type { Found } from './router.ts'
import type { BuiltRoute, Match, ObjectPaths } from './routes.ts'

/** Who is told what a site has. */
export interface SiteInfoOptions {
  /** Whom it is for, where it is not for this machine alone; whoever the site lets in where it is left out. */
  readonly access?: Access | undefined
  /** Only clients of this machine that ask it by its own name, by no proxy; with `sockets`, those of Unix sockets too. */
  readonly local?: 'addresses' | 'sockets' | undefined
  /** Milliseconds for all that is asked. */
  readonly timeout: number
}

/**
 * `/info@root`, and `/info@paul` for each object server. It stands where objects stand by their URLs, before the first route that
 * takes all paths. What answers there is loaded when it is asked.
 */
export class InfoRoute implements ObjectPaths {
  readonly #route: BuiltRoute
  readonly #names: ReadonlySet<string>
  readonly #pattern: Pattern = parsePattern(`/${INFO}@:server`)
  readonly #others: ObjectPaths | undefined

  /** @param others The objects of the site by their URLs. */
  constructor(
    { access, local, timeout }: SiteInfoOptions,
    routes: readonly Mounted[],
    objects: Objects | undefined,
    others: ObjectPaths | undefined,
    place: FilesPlace,
    defaults: RouteDefaults,
  ) {
    this.#names = new Set([ROOT, ...(objects?.names ?? [])])
    this.#others = others
    const match = { path: this.#pattern.text, ...(local !== undefined && { when: fromHere(local === 'sockets') }) }
    const given = { match, resource: late({ routes, objects, timeout }), ...(access !== undefined && { access }) }
    this.#route = { ...buildRoute(given, PLACE, place, defaults), kind: INFO, name: INFO }
  }

  find(path: string): Found<BuiltRoute> | undefined {
    if (!path.startsWith(`/${INFO}@`) || !this.#names.has(path.slice(INFO.length + 2))) return this.#others?.find(path)
    return { value: this.#route, pattern: this.#pattern, mount: path, params: undefined }
  }

  hidden(path: string): string | undefined {
    return this.#others?.hidden(path)
  }

  /** The route, where it has a guard. */
  get guarded(): readonly BuiltRoute[] {
    return this.#route.guarded ? [this.#route] : []
  }
}

/** No place among the routes of the config. */
const PLACE = Number.MIN_SAFE_INTEGER

/** Requests that nobody but a person or a program of this machine has made. */
function fromHere(sockets: boolean): NonNullable<Match['when']> {
  // HTTP/1.0 is what proxies speak that say nothing of themselves (nginx, as it comes); people who look do not.
  return (request, connection) =>
    request.version !== '1.0' && isLocalClient(request, connection, sockets) && !isFromElsewhere(request)
}

function late(of: InfoOf): Handler {
  let handler: Promise<Handler> | undefined
  return async (request, connection) => {
    handler ??= import('./info/info.ts').then(({ infoHandler }) => infoHandler(of))
    return (await handler)(request, connection)
  }
}

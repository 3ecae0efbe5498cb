import type { Access } from '../access/access.ts'
import type { Connection } from '../message/connection.ts'
import type { Handler } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { INFO, ROOT } from '../protocol/object/names.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import type { InfoOf } from './info/info.ts'
import { isFromElsewhere, isLocalClient } from './local-client.ts'
import { type Pattern, parsePattern } from './pattern.ts'
import { buildRoute, type RouteDefaults } from './route.ts'
import type { Found } from './router.ts'
import type { BuiltRoute } from './routes.ts'

/** Who is told what a site has. */
export interface SiteInfoOptions {
  /** Whom it is for, where it is not for this machine alone; whoever the site lets in where it is left out. */
  readonly access?: Access | undefined
  /** Only clients of this machine that ask it by its own name, by no proxy; with `sockets`, those of Unix sockets too. */
  readonly local?: 'addresses' | 'sockets' | undefined
  /** Milliseconds for all that is asked. */
  readonly timeout: number
}

/** `/info@root`, and `/info@paul` for each object server. What answers there is loaded when it is asked. */
export class InfoRoute {
  readonly route: BuiltRoute
  readonly #names: ReadonlySet<string>
  readonly #pattern: Pattern = parsePattern(`/${INFO}@:server`)

  constructor(options: SiteInfoOptions, of: InfoOf, place: FilesPlace, defaults: RouteDefaults) {
    const { access, local } = options
    this.#names = new Set([ROOT, ...(of.objects?.names ?? [])])
    const when = local === undefined ? undefined : (request: Request, connection: Connection) =>
      // Proxies speak it that say nothing of themselves (nginx, as it comes); people who look do not.
      request.version !== '1.0' && isLocalClient(request, connection, local === 'sockets') && !isFromElsewhere(request)
    const match = { path: this.#pattern.text, ...(when !== undefined && { when }) }
    // No place among the routes of the config.
    const built = buildRoute({ match, resource: late(of), ...(access !== undefined && { access }) }, PLACE, place, defaults)
    this.route = { ...built, kind: INFO, name: INFO }
  }

  find(path: string): Found<BuiltRoute> | undefined {
    if (!path.startsWith(`/${INFO}@`) || !this.#names.has(path.slice(INFO.length + 2))) return undefined
    return { value: this.route, pattern: this.#pattern, mount: path, params: undefined }
  }
}

const PLACE = Number.MIN_SAFE_INTEGER

function late(of: InfoOf): Handler {
  let handler: Promise<Handler> | undefined
  return async (request, connection) => {
    handler ??= import('./info/info.ts').then(({ infoHandler }) => infoHandler(of))
    return (await handler)(request, connection)
  }
}

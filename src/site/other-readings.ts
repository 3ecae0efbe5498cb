import type { Connection } from '../message/connection.ts'
import { canonicalPath } from '../message/path.ts'
import type { Request } from '../message/request.ts'
import type { Found } from './router.ts'
import { type BuiltRoute, RouteTable } from './routes.ts'

/** What an application may read in another way: capitals (the hexadecimal ones of `%2F` too), and parameters of segments. */
const ODD = /[A-Z;]/
/** These read no path but as we do. */
const AS_WE_DO: ReadonlySet<string> = new Set(['files', 'redirect', 'respond', 'authorize'])

/**
 * Paths that no guard stands before, and that the application there may take for one that a guard of another route stands
 * before: Express and IIS know no case, Java's servers cut off `;x`, and what decodes `%2F` finds a slash. Where all routes
 * are for the same people nothing can be gained by it.
 */
export class OtherReadings {
  readonly #table: RouteTable

  private constructor(routes: readonly BuiltRoute[]) {
    this.#table = new RouteTable(routes.map((route) => ({ ...route, match: { ...route.match, path: inSmall(route) } })))
  }

  /** Undefined where there is nothing to look for. */
  static of(routes: readonly BuiltRoute[]): OtherReadings | undefined {
    const [first, ...others] = routes
    const differ = others.some(({ access }) => access !== first?.access)
    return differ && routes.some(({ guarded }) => guarded) ? new OtherReadings(routes) : undefined
  }

  /**
   * Whether the path that led to a route may lead to what the guard of another one is for.
   * @param connection Undefined to explain: no predicate is called, and each says yes.
   */
  lead({ value: route }: Found<BuiltRoute>, request: Request, connection?: Connection): boolean {
    if (!ODD.test(request.path) || AS_WE_DO.has(route.kind)) return false
    const path = canonicalPath(otherwise(request.path))
    if (path === undefined || path === request.path) return false
    const own = inSmall(route)
    for (const { value: other } of this.#table.candidates(request.with({ path }))) {
      if (other.index === route.index) return false
      const { access, guarded, internal, match, methods } = other
      if (!guarded || internal || access === route.access || match.path === own) continue
      if (methods?.includes(request.method) === false) continue
      if (connection === undefined || match.when === undefined || match.when(request, connection)) return true
    }
    return false
  }
}

function otherwise(path: string): string {
  return path
    .replaceAll('%2F', '/')
    .replace(/;[^/]*/g, '')
    .toLowerCase()
}

/** The pattern in small letters, but for the names of its parameters. */
function inSmall({ match: { path = '/*' } }: BuiltRoute): string {
  return path.replace(/:[A-Za-z_]\w*|[^:]+/g, (part) => (part.startsWith(':') ? part : part.toLowerCase()))
}

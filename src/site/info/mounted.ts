import { methodsOf, saidBy } from '../../object/folded.ts'
import { cleanDescription, cleanMethods } from '../../object/info/described.ts'
import type { RouteEntry } from '../../object/info/entries.ts'
import { saidInTime } from '../../object/said.ts'
import { parsePattern } from '../pattern.ts'
import type { BuiltRoute } from '../routes.ts'

/** A route of a site, and the object that it names. */
export interface Mounted {
  readonly route: BuiltRoute
  /** `echo@paul` */
  readonly object?: string | undefined
}

/**
 * What the routes of a site are. Internal ones are not told: no client comes there.
 * @param timeout Milliseconds for what resources say of themselves.
 */
export async function routeEntries(mounted: readonly Mounted[], timeout: number): Promise<RouteEntry[]> {
  const open = mounted.filter(({ route }) => !route.internal)
  const said = await saidInTime(
    open.map(({ route }) => ({ info: () => saidBy(route.behind) })),
    timeout,
  )
  return open.map(({ route, object }, i) => {
    const { match, kind, guarded, behind } = route
    const { path = '/*', host, when } = match
    const methods = route.methods ?? (behind === undefined ? [] : cleanMethods(methodsOf(behind)))
    const info = cleanDescription(said[i], placeOf(path))
    return {
      path,
      ...(host !== undefined && { host: [host].flat() }),
      ...(methods.length > 0 && { methods }),
      kind,
      guarded,
      ...(when !== undefined && { conditional: true as const }),
      ...(object !== undefined && { object }),
      ...(info !== undefined && { info }),
    }
  })
}

/** Below what the paths of its examples are; undefined where that hangs on the request. */
export function placeOf(pattern: string): string | undefined {
  const { mount, depth, names, rank } = parsePattern(pattern)
  if (names.length > 0 || rank.slice(0, depth === 0 ? undefined : depth).includes('1')) return undefined
  return rank.endsWith('2') ? (mount === '' ? '/' : mount) : pattern
}

import { describeAccess, type Line } from '../access/describe.ts'
import { HttpError } from '../message/errors.ts'
import { Headers } from '../message/headers.ts'
import { Request } from '../message/request.ts'
import { parseTarget } from '../message/target.ts'
import type { Pages } from './error-pages.ts'
import type { OtherReadings } from './other-readings.ts'
import { rewritten } from './rewrite.ts'
import type { Found } from './router.ts'
import type { BuiltRoute, RouteTable } from './routes.ts'

/** What would become of a request. */
export interface Explanation {
  /** Pairs of a word and what it is, in the order in which a request meets them. */
  readonly lines: readonly Line[]
  /** Whether a route takes it. */
  readonly found: boolean
}

/** The error pages of a route and behind them those of the site; of the site alone for -1. */
export type PagesOf = (routeIndex: number) => readonly (Pages | undefined)[]

/** Follows a request through the routes, as far as that goes without calling a resource, a guard or a predicate. */
export async function explain(
  table: RouteTable,
  method: string,
  target: string,
  pagesOf: PagesOf = () => [],
  readings?: OtherReadings,
): Promise<Explanation> {
  const parsed = parseTarget(method, target)
  if (parsed === undefined) return { lines: [['target', malformed(method, target)]], found: false }
  const { path, search, authority = '' } = parsed
  const lines: Line[] = [['path', path]]
  if (path === '*') return { lines: [...lines, ['status', '204: what the server as a whole can do']], found: true }
  const headers = new Headers(authority === '' ? {} : { Host: authority })
  const request = new Request({
    method,
    target,
    path,
    search,
    version: '1.1',
    authority,
    secure: false,
    headers,
    body: null,
  })
  const hidden = table.hidden(request)
  if (hidden !== undefined) lines.push(['hidden', hidden])
  for (const found of table.candidates(request)) {
    const { value: route } = found
    const name = `${route.name ?? `routes[${route.index}]`} ${found.pattern.text}`
    if (route.internal) {
      lines.push(['internal', `${name}: no client comes here`])
      continue
    }
    if (route.methods !== undefined && !route.methods.includes(method)) {
      lines.push(['not', `${name}: takes ${route.methods.join(', ')} only`])
      continue
    }
    lines.push(['route', name])
    if (route.match.when !== undefined)
      lines.push(['when', 'its predicate must say yes; if not, the next route is tried'])
    if (readings?.lead(found, request) === true)
      lines.push(['status', '400: its application may read the path as one of a route with another guard'])
    else lines.push(...(await inside(found, request)))
    lines.push(...pageLines(pagesOf(route.index)))
    if (route.match.when === undefined) return { lines, found: true }
  }
  if (lines.some(([word]) => word === 'route')) return { lines, found: true }
  lines.push([
    'status',
    lines.some(([word]) => word === 'not') ? '405: no route takes the method' : '404: no route takes the path',
  ])
  lines.push(...pageLines(pagesOf(-1)))
  return { lines, found: false }
}

function malformed(method: string, target: string): string {
  const path = `/${target}`
  const meant = !target.startsWith('/') && parseTarget(method, path) !== undefined
  return `${target} is malformed: 400${meant ? `; a path begins with a slash: ${path}` : ''}`
}

async function inside(found: Found<BuiltRoute>, request: Request): Promise<Line[]> {
  const { value: route, params } = found
  const lines: Line[] = []
  if (found.mount !== '') lines.push(['mount', found.mount])
  for (const [name, value] of Object.entries(params ?? {})) lines.push(['param', `${name} = ${value}`])
  if (route.match.host !== undefined) lines.push(['host', [route.match.host].flat().join(', ')])
  lines.push(...guardOf(route), ['resource', route.kind])
  request.mount = found.mount
  if (params !== undefined) request.params = params
  const seen = route.rewrite === undefined ? request : rewritten(request, route.rewrite)
  if (seen !== request) lines.push(['rewrite', seen.path])
  if (route.explain !== undefined) lines.push(...(await explained(route, seen)))
  return lines
}

/** Who says what stands before a route, and what that asks for. */
function guardOf({ access, ownAccess, name = 'the route' }: BuiltRoute): Line[] {
  if (access === undefined) return [['guard', 'none']]
  if (access === 'public') return [['guard', `none: access of ${ownAccess ? name : 'the site'} is public`]]
  return [['guard', `access of ${ownAccess ? name : 'the site'}`], ...describeAccess(access)]
}

function pageLines(all: readonly (Pages | undefined)[]): Line[] {
  return all.flatMap((pages) => [...(pages ?? [])].map(([key, { name }]) => ['page', `${key}: ${name}`] as const))
}

async function explained(route: BuiltRoute, request: Request): Promise<readonly Line[]> {
  try {
    return (await route.explain?.(request)) ?? []
  } catch (error) {
    return [['status', error instanceof HttpError ? `${error.status}: ${error.message}` : `500: ${String(error)}`]]
  }
}

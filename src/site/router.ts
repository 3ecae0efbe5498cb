import { addRoute, createRouter, findAllRoutes, findRoute } from 'rou3'
import { compileRouter } from 'rou3/compiler'
import { decodedText } from '../message/path.ts'
import type { Params } from '../message/request.ts'
import { type Pattern, parsePattern } from './pattern.ts'

/** What a table of paths finds for one path. */
export interface Found<T> {
  readonly value: T
  readonly pattern: Pattern
  readonly mount: string
  /** Decoded, or as sent where its octets are no UTF-8; undefined where the pattern has none. */
  readonly params: Params | undefined
}

interface Entry<T> {
  readonly value: T
  readonly pattern: Pattern
}

interface Hit<T> {
  readonly data: readonly Entry<T>[]
  readonly params?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * A table from path patterns to values. The most specific pattern comes first: at each segment from the left a literal
 * before a parameter before `*`; at one place a suffix pattern before a plain one; then the order given.
 */
export class PathTable<T> {
  readonly #best: (path: string) => Hit<T> | undefined
  readonly #all: (path: string) => readonly Hit<T>[]

  /** @throws TypeError for a pattern that is none. */
  constructor(entries: readonly (readonly [pattern: string, value: T])[]) {
    const groups = new Map<string, Entry<T>[]>()
    for (const [text, value] of entries) {
      const pattern = parsePattern(text)
      const group = groups.get(pattern.shape) ?? []
      group.push({ pattern, value })
      groups.set(pattern.shape, group)
    }
    const router = createRouter<readonly Entry<T>[]>()
    for (const [shape, group] of groups) {
      group.sort((a, b) => (b.pattern.suffix?.length ?? 0) - (a.pattern.suffix?.length ?? 0))
      try {
        addRoute(router, '', shape, group)
      } catch (cause) {
        throw new TypeError(`the pattern ${JSON.stringify(group[0]?.pattern.text)} cannot be understood`, { cause })
      }
    }
    try {
      const best = compileRouter(router)
      const all = compileRouter(router, { matchAll: true })
      this.#best = (path) => best('', path)
      this.#all = (path) => all('', path)
    } catch {
      // Where code may not be made from text (--disallow-code-generation-from-strings), the slower form serves.
      this.#best = (path) => findRoute(router, '', path) as Hit<T> | undefined
      this.#all = (path) => findAllRoutes(router, '', path) as readonly Hit<T>[]
    }
  }

  /** The first value for a canonical path, or undefined. What most requests need, and the cheapest. */
  first(path: string): Found<T> | undefined {
    const hit = this.#best(path)
    if (hit === undefined) return undefined
    for (const entry of hit.data) if (fits(entry.pattern, path)) return found(entry, hit, path)
    return this.all(path)[0]
  }

  /** All values for a canonical path, the most specific first. */
  all(path: string): Found<T>[] {
    const list: Found<T>[] = []
    for (const hit of [...this.#all(path)].reverse()) {
      for (const entry of hit.data) if (fits(entry.pattern, path)) list.push(found(entry, hit, path))
    }
    return list
  }
}

function fits(pattern: Pattern, path: string): boolean {
  return pattern.suffix === undefined || path.endsWith(pattern.suffix)
}

function found<T>(entry: Entry<T>, hit: Hit<T>, path: string): Found<T> {
  const { pattern, value } = entry
  const mount =
    pattern.mount ??
    `/${path
      .split('/', pattern.depth + 1)
      .slice(1)
      .join('/')}`
  if (pattern.names.length === 0) return { value, pattern, mount, params: undefined }
  const params: Record<string, string> = Object.create(null)
  for (const [i, name] of pattern.names.entries()) {
    const raw = hit.params?.[`p${i}`] ?? ''
    params[name] = decodedText(raw) ?? raw
  }
  return { value, pattern, mount, params }
}

import { addRoute, createRouter, findAllRoutes, findRoute } from 'rou3'
import { compileRouter } from 'rou3/compiler'
import { ownCopy } from '../message/own-copy.ts'
import { decodedText } from '../message/path.ts'
import type { Params } from '../message/request.ts'
import { type Pattern, parsePattern } from './pattern.ts'

/** How many paths are kept, and of which length at most: what somebody sends on purpose must not fill the memory. */
const MAX_KNOWN = 1024
const MAX_KNOWN_LENGTH = 128

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
  /** Its place in the order given. */
  readonly place: number
}

interface Hit<T> {
  readonly data: readonly Entry<T>[]
  readonly params?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * A table from path patterns to values. The most specific pattern comes first: at each segment from the left a literal
 * before a parameter (or a `*` for one segment) before a `*` for the rest; then the one with more text beside its
 * parameters; then a suffix pattern, the longest first, before a plain one; then the order given.
 */
export class PathTable<T> {
  readonly #ranked: boolean
  /** What was found for paths before, where nothing in it is of the one request: sites are asked for the same few. */
  readonly #known = new Map<string, Found<T>>()
  readonly #best: (path: string) => Hit<T> | undefined
  readonly #all: (path: string) => readonly Hit<T>[]

  /** @throws TypeError for a pattern that is none. */
  constructor(entries: readonly (readonly [pattern: string, value: T])[]) {
    const groups = new Map<string, Entry<T>[]>()
    let ranked = true
    for (const [place, [text, value]] of entries.entries()) {
      const pattern = parsePattern(text)
      const group = groups.get(pattern.shape) ?? []
      group.push({ pattern, value, place })
      groups.set(pattern.shape, group)
      ranked &&= pattern.beside === 0
    }
    // Where text stands beside a parameter, the router's own order is not ours.
    this.#ranked = ranked
    const router = createRouter<readonly Entry<T>[]>()
    for (const [shape, group] of groups) {
      group.sort(bySpecificity)
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
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const first = this.#first(path)
    if (first !== undefined && first.params === undefined && path.length <= MAX_KNOWN_LENGTH) {
      if (this.#known.size >= MAX_KNOWN) this.#known.clear()
      this.#known.set(ownCopy(path), first)
    }
    return first
  }

  #first(path: string): Found<T> | undefined {
    const hit = this.#best(path)
    if (hit === undefined) return undefined
    if (!this.#ranked) return this.all(path)[0]
    for (const entry of hit.data) if (fits(entry.pattern, path)) return found(entry, hit, path)
    return this.all(path)[0]
  }

  /** All values for a canonical path, the most specific first. */
  all(path: string): Found<T>[] {
    const list: { readonly entry: Entry<T>; readonly hit: Hit<T> }[] = []
    for (const hit of this.#all(path)) {
      for (const entry of hit.data) if (fits(entry.pattern, path)) list.push({ entry, hit })
    }
    return list.sort((a, b) => bySpecificity(a.entry, b.entry)).map(({ entry, hit }) => found(entry, hit, path))
  }
}

function bySpecificity(a: Entry<unknown>, b: Entry<unknown>): number {
  const [one, other] = [a.pattern, b.pattern]
  if (one.rank !== other.rank) return one.rank < other.rank ? -1 : 1
  return other.beside - one.beside || (other.suffix?.length ?? 0) - (one.suffix?.length ?? 0) || a.place - b.place
}

/** Whether a path has the end that its pattern wants, behind the mount and not as a part of it. */
function fits({ suffix, mount = '' }: Pattern, path: string): boolean {
  return suffix === undefined || (path.endsWith(suffix) && path.length > mount.length + suffix.length)
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
  for (const [name, inShape] of pattern.names) {
    const raw = hit.params?.[inShape] ?? ''
    params[name] = decodedText(raw) ?? raw
  }
  return { value, pattern, mount, params }
}

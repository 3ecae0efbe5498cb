import { canonicalPath } from '../../message/path.ts'
import { finder, type Page, type ToFolder } from '../files/find.ts'
import { locator } from '../files/locate.ts'
import type { FilesPlace } from '../files/options.ts'
import { inMemory } from '../files/page.ts'
import { keeper, Store } from '../files/store.ts'
import { sourceNames, suffixesOf } from '../sources.ts'
import { type FrontController, frontController, queryOf } from './front-controller.ts'
import type { FastCgiOptions } from './options.ts'
import { type ScriptFile, Scripts } from './scripts.ts'
import { splits } from './split.ts'

/** What a path of a site of scripts leads to. */
export type Target = Page | ToFolder | Run

/** A script that answers. */
export interface Run {
  readonly kind: 'run'
  /** Its canonical path under the root. */
  readonly path: string
  /** PATH_INFO, still encoded. */
  readonly info: string
  readonly file: ScriptFile
  /** The query that it gets; undefined for that of the request. */
  readonly search: string | undefined
}

/** A folder that a script stands for. */
interface Index {
  readonly kind: 'index'
  readonly script: string
  readonly weight: 0
}

const TO_FOLDER: ToFolder = { kind: 'to-folder', weight: 0 }

export type Find = (rest: string, search: string) => Promise<Target | undefined>

/** Finds what paths lead to in a folder of scripts and files. */
export interface Finder {
  readonly find: Find
  /** A file that is in memory and was looked at a moment ago. */
  kept(rest: string): Page | undefined
}

/** @throws TypeError for a suffix, an index or an entry of `try` that cannot be. */
export function siteFinder(root: string, options: FastCgiOptions, place: FilesPlace): Finder {
  const suffixes = suffixesOf(options.suffix)
  const scripts = new Scripts(root, suffixes, place)
  const entries = (options.try ?? ['file']).map((entry) => (entry === 'file' ? entry : frontController(entry)))
  const all = entries.includes('file')
  const named = new Set(entries.flatMap((entry) => (entry === 'file' ? [] : [entry.path])))
  const index = (options.index ?? [...suffixes.map((suffix) => `index${suffix}`), 'index.html']).map(indexName)
  const isSource = sourceNames(suffixes)
  const inside: FilesPlace = { ...place, withheld: (real, facts) => isSource(real) || place.withheld(real, facts) }
  const fileOptions = { ...options.files, root, index: [] }
  const findFile = finder(locator(root, fileOptions, inside), fileOptions, inside, keeper(fileOptions.memory))

  const script = async (path: string): Promise<ScriptFile | undefined> => {
    const found = scripts.fresh(path) ?? (await scripts.at(path))
    return found?.kind === 'file' ? found : undefined
  }

  const indexOf = async (folder: string, known: Page | Index | undefined): Promise<Page | Index | undefined> => {
    for (const name of index) {
      const path = folder + name
      if (!scripts.isNamed(name)) {
        const found = await findFile(path, known?.kind === 'page' ? known : undefined)
        if (found?.kind === 'page') return found
      } else if ((await script(path)) !== undefined) return { kind: 'index', script: path, weight: 0 }
    }
    return undefined
  }

  const look = async (rest: string, known: Page | ToFolder | Index | undefined): Promise<typeof known> => {
    const before = known?.kind === 'to-folder' ? undefined : known
    if (rest.endsWith('/')) return indexOf(rest, before)
    const found = await findFile(rest, known?.kind === 'index' ? undefined : known)
    if (found?.kind === 'page') return found
    // A folder whose name is that of a source is none.
    const isFolder = found?.kind === 'to-folder' || (isSource(rest) && (await scripts.at(rest))?.kind === 'folder')
    return isFolder && (await indexOf(`${rest}/`, undefined)) !== undefined ? TO_FOLDER : undefined
  }

  const store = new Store<Page | ToFolder | Index>(look, fileOptions.memory)

  /** The script that a path names, with what is left for it. Null where it names one that is not there. */
  const splitAt = async (rest: string): Promise<Run | null | undefined> => {
    for (const { script: path, info } of splits(rest, suffixes)) {
      if (!all && !named.has(path)) continue
      const found = scripts.fresh(path) ?? (await scripts.at(path))
      if (found?.kind === 'folder') continue
      if (found === undefined) return suffixes.length === 0 ? undefined : null
      return { kind: 'run', path, info, file: found, search: undefined }
    }
    return undefined
  }

  const control = async ({ path, query }: FrontController, rest: string, search: string): Promise<Run | undefined> => {
    const file = await script(path)
    if (file === undefined) return undefined
    return { kind: 'run', path, info: '', file, search: query === undefined ? undefined : queryOf(query, rest, search) }
  }

  const find: Find = async (rest, search) => {
    // No file has such a name, and a script that decodes it would find a path that no guard has seen.
    if (rest.includes('%2F')) return undefined
    const run = await splitAt(rest)
    if (run !== undefined) return run ?? undefined
    for (const entry of entries) {
      if (entry !== 'file') {
        const target = await control(entry, rest, search)
        if (target !== undefined) return target
        continue
      }
      const found = await store.current(rest)
      if (found?.kind === 'page' || found?.kind === 'to-folder') return found
      const file = found === undefined ? undefined : await script(found.script)
      if (found !== undefined && file !== undefined) {
        return { kind: 'run', path: found.script, info: '', file, search: undefined }
      }
    }
    return undefined
  }

  return {
    find,
    kept: (rest) => {
      const found = store.fresh(rest)
      return found?.kind === 'page' && inMemory(found) ? found : undefined
    },
  }
}

function indexName(name: string): string {
  const path = canonicalPath(`/${name}`)
  if (path === undefined || path === '/') throw new TypeError(`${JSON.stringify(name)} is no name of a file`)
  return path.slice(1)
}

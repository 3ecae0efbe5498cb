import { realpath } from '../../io/file.ts'
import { decodedPath } from '../../message/path.ts'
import { type Locate, locator } from '../files/locate.ts'
import type { FilesPlace } from '../files/options.ts'
import { Store } from '../files/store.ts'

/** What lies where a script might. */
export type Entry = ScriptFile | { readonly kind: 'folder'; readonly weight: 0 }

export interface ScriptFile {
  readonly kind: 'file'
  /** Its real path. */
  readonly path: string
  /** The real path of the folder of all scripts. */
  readonly root: string
  readonly weight: 0
}

const FOLDER: Entry = { kind: 'folder', weight: 0 }
/** Bytes for what is known of scripts: about a thousand. */
const BUDGET = 1024 * 1024

/**
 * The scripts of a folder. Each is looked up at most once a second: it is a regular file that really lies in the folder,
 * under exactly this name, and that ends exactly like a script.
 */
export class Scripts {
  readonly #root: string
  readonly #suffixes: readonly string[]
  readonly #locate: Locate
  readonly #known: Store<Entry>

  /** @param suffixes None: each file is a script. */
  constructor(root: string, suffixes: readonly string[], place: FilesPlace) {
    this.#root = root
    this.#suffixes = suffixes
    // Links never lead out to a script, whatever the files beside it may do.
    this.#locate = locator(root, { root }, { ...place, withheld: place.secret ?? place.withheld })
    this.#known = new Store<Entry>((path) => this.#look(path), BUDGET)
  }

  /** Whether a name ends as those of scripts do: an upload `X.PHP` does not. */
  isNamed(path: string): boolean {
    return this.#suffixes.length === 0 || this.#suffixes.some((suffix) => path.endsWith(suffix))
  }

  /** What lies under a canonical path, if that was asked a moment ago. */
  fresh(path: string): Entry | undefined {
    return this.#known.fresh(path)
  }

  /** What lies under a canonical path: undefined for nothing that could be run or gone through. */
  at(path: string): Promise<Entry | undefined> {
    return this.#known.current(path)
  }

  async #look(path: string): Promise<Entry | undefined> {
    const relative = decodedPath(path)
    const found = relative === undefined ? undefined : await this.#locate(relative)
    if (found === undefined) return undefined
    if (found.kind === 'folder') return FOLDER
    return this.isNamed(path)
      ? { kind: 'file', path: found.path, root: await realpath(this.#root), weight: 0 }
      : undefined
  }
}

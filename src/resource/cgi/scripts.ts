import { accessSync, constants } from 'node:fs'
import { HttpError } from '../../message/errors.ts'
import { ownCopy } from '../../message/own-copy.ts'
import { decodedPath } from '../../message/path.ts'
import { type Located, locator } from '../files/locate.ts'
import type { FilesPlace } from '../files/options.ts'
import type { CgiOptions } from './options.ts'

/** A script as a path within its folder leads to it. */
export interface FoundScript {
  /** Its real path, links resolved. */
  readonly path: string
  /** What of the canonical path names it. */
  readonly name: string
  /** Whether this process may execute it. */
  readonly executable: boolean
}

/** A folder that was asked for without the slash at its end, and has an index. */
export const TO_FOLDER: unique symbol = Symbol('to folder')

export type Looked = FoundScript | typeof TO_FOLDER

/** How long a script is believed to be what it was, in milliseconds, and how many are known at the most. */
const BELIEVED = 1000
const MAX_KNOWN = 1000

/**
 * Finds scripts by paths: the shortest beginning of a path that is a file is the script, the rest is for it
 * (RFC 3875 §4.1.5). Files are found by the rules of a folder that is served: no dot files, no way out by a link,
 * nothing that the site keeps to itself.
 */
export class Scripts {
  readonly #locate: (relative: string) => Promise<Located | undefined>
  readonly #index: readonly string[]
  readonly #known = new Map<string, { readonly script: FoundScript; readonly until: number }>()

  /** @param root Absolute. */
  constructor(root: string, { index = [], symlinks }: CgiOptions, place: FilesPlace) {
    // That it is no file to be sent does not keep it from being run; a key is neither.
    const withheld = place.secret ?? (() => false)
    this.#locate = locator(root, { root, ...(symlinks !== undefined && { symlinks }) }, { ...place, withheld })
    this.#index = index
  }

  /**
   * The script that a canonical path behind the mount leads to.
   * @throws HttpError 404 where there is none, 403 for a folder.
   */
  find(rest: string): Looked | Promise<Looked> {
    const now = performance.now()
    for (let end = endOfSegment(rest, 0); end > 0; end = endOfSegment(rest, end)) {
      const known = this.#known.get(rest.slice(0, end))
      if (known !== undefined && known.until > now) return known.script
    }
    return this.#look(rest)
  }

  async #look(rest: string): Promise<Looked> {
    for (let end = endOfSegment(rest, 0); end > 0; end = endOfSegment(rest, end)) {
      const name = rest.slice(0, end)
      const located = await this.#at(name)
      if (located === undefined) throw new HttpError(404)
      if (located.kind === 'file') return this.#learn(name, located)
    }
    const folder = rest.endsWith('/') ? rest : `${rest}/`
    for (const file of this.#index) {
      const name = folder + encodeURIComponent(file)
      const located = await this.#at(name)
      if (located?.kind === 'file') return folder === rest ? this.#learn(name, located) : TO_FOLDER
    }
    throw new HttpError(403, { code: 'cgi.folder', detail: 'This is a folder of programs, and is not shown.' })
  }

  async #at(name: string): Promise<Located | undefined> {
    const relative = decodedPath(name)
    return relative === undefined ? undefined : this.#locate(relative)
  }

  #learn(given: string, { path }: Located): FoundScript {
    const name = ownCopy(given)
    const script = { path, name, executable: isExecutable(path) }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(name, { script, until: performance.now() + BELIEVED })
    return script
  }
}

/** Where the segment ends that begins behind a slash; -1 where there is none. */
function endOfSegment(path: string, slash: number): number {
  if (slash + 1 >= path.length) return -1
  const next = path.indexOf('/', slash + 1)
  return next < 0 ? path.length : next
}

/** Whether this process may execute a file. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

import { basename, join } from 'node:path'
import { realpath } from '../../io/file.ts'
import { type Entry, FolderMoved, type OpenFolder } from '../../io/open-folder.ts'
import { HttpError } from '../../message/errors.ts'
import { decodedPath } from '../../message/path.ts'
import { type Locate, mayBeNamed } from './locate.ts'
import type { FilesPlace } from './options.ts'

/** A name in a folder, which something is to be put under or to be removed from. */
export interface Target {
  /** The real path of the folder, or undefined where there is none of that path. */
  readonly folder: string | undefined
  readonly name: string
  /** Whether the path ended with a slash, and so means a folder. */
  readonly asFolder: boolean
}

/** The facts of what is not there yet. */
const NOTHING = { size: 0, mtime: 0, ctime: 0, ino: -1, dev: -1, settled: true }

/**
 * What a path within a root is the name of, by the rules by which it is read: no dot files, no way out by a link.
 * Undefined for the root itself. @throws HttpError 400 for what is no name, 403 for one that must not be used.
 */
export async function targetOf(rest: string, locate: Locate, dotfiles: boolean): Promise<Target | undefined> {
  const path = decodedPath(rest)
  if (path === undefined) throw new HttpError(400, { code: 'name', detail: 'No file can have this name.' })
  const segments = path.split('/').filter(Boolean)
  const name = segments[segments.length - 1]
  if (name === undefined) return undefined
  if (!mayBeNamed(segments, dotfiles)) throw refused('Names such as this are not served, so nothing is written here.')
  const folder = await locate(`/${segments.slice(0, -1).join('/')}/`)
  return { folder: folder?.kind === 'folder' ? folder.path : undefined, name, asFolder: path.endsWith('/') }
}

/**
 * What lies under the name now, a file or a folder, or undefined. The one place that says what must be neither written
 * nor removed, under any name: what the site withholds, which counts before it is there too, and links, for whoever
 * made one means it to stay. @throws HttpError 403 or 409 for those; FolderMoved; the system's error.
 */
export async function entryOf(folder: OpenFolder, name: string, place: FilesPlace): Promise<Entry | undefined> {
  const path = join(folder.path, name)
  const entry = folder.entry(name)
  // Where case does not count, the name of a config has many spellings.
  const spellings = [path, join(folder.path, name.normalize('NFC').toLowerCase())]
  if (spellings.some((spelling) => place.withheld(spelling, entry?.facts ?? NOTHING)))
    throw refused('The site keeps this file to itself.')
  if (entry === undefined) return undefined
  if (entry.kind === 'link') throw refused('This is a link, and links are neither replaced nor removed.')
  if (entry.kind === 'other') throw refused('This is neither a file nor a folder.')
  const real = await realpath(folder.at(name))
  if (real === path) return entry
  if (basename(real) === name) throw new FolderMoved(folder.path)
  throw new HttpError(409, { code: 'spelling', detail: 'Something is here under a name that is spelled differently.' })
}

function refused(detail: string): HttpError {
  return new HttpError(403, { code: 'not-writable', detail })
}

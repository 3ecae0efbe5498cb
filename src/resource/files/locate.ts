import { join, sep } from 'node:path'
import { type FileFacts, factsOf, realpath, stat } from '../../io/file.ts'
import { isUploadName } from '../../io/upload-name.ts'
import { HttpError } from '../../message/errors.ts'
import type { FilesOptions, FilesPlace } from './options.ts'

/** Something on disk that may be served, by its real path. */
export interface Located {
  readonly kind: 'file' | 'folder'
  readonly path: string
  readonly facts: FileFacts
}

export type Locate = (relative: string) => Promise<Located | undefined>

/** How long the real path of the root is believed, in milliseconds: a deployment may turn the link that it is. */
const ROOT_BELIEVED = 1000

/**
 * Finds what a path within a root names, and says undefined for what is not there or must not be served: outside the
 * root by a link, a dot file under any name, withheld by the site, neither a file nor a folder. All checks are made of
 * the real path, links resolved, so that no second name of a file gets past them.
 */
export function locator(root: string, options: FilesOptions, place: FilesPlace): Locate {
  const dotfiles = options.dotfiles ?? false
  let realRoot = ''
  let believedUntil = 0

  const rootNow = async (): Promise<string> => {
    const now = performance.now()
    if (now >= believedUntil) {
      realRoot = await realpath(root)
      believedUntil = now + ROOT_BELIEVED
    }
    return realRoot
  }

  const allowed = (real: string, inside: string, relative: string): boolean => {
    if (real !== inside && !real.startsWith(inside.endsWith(sep) ? inside : inside + sep))
      return options.symlinks ?? false
    const within = real.slice(inside.length).split(sep).filter(Boolean)
    if (!dotfiles && hasDotName(within)) return false
    // A file system that ignores case gives one file many names; a guard knows only one of them.
    const asked = relative.split('/').filter(Boolean).join('/')
    const found = within.join('/')
    return asked === found || fold(asked) !== fold(found)
  }

  return async (relative) => {
    const segments = relative.split('/').filter(Boolean)
    if (!mayBeNamed(segments, dotfiles)) return undefined
    try {
      const inside = await rootNow()
      const real = segments.length === 0 ? inside : await realpath(join(inside, ...segments))
      if (!allowed(real, inside, relative)) return undefined
      const stats = stat(real)
      const facts = factsOf(stats)
      if (place.withheld(real, facts)) return undefined
      if (stats.isFile()) return { kind: 'file', path: real, facts }
      return stats.isDirectory() ? { kind: 'folder', path: real, facts } : undefined
    } catch (error) {
      return absentOr(error)
    }
  }
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EINVAL'])

/** Undefined for an error that means "not there"; others are thrown with the status that they deserve. */
export function absentOr(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (ABSENT.has(code)) return undefined
  if (code === 'EACCES' || code === 'EPERM') throw new HttpError(403, { code: 'unreadable', cause: error })
  if (code === 'EMFILE' || code === 'ENFILE')
    throw new HttpError(503, { headers: { 'Retry-After': '1' }, cause: error })
  throw error
}

/** Whether a path may be asked for, whatever is there; its segments decoded. */
export function mayBeNamed(segments: readonly string[], dotfiles: boolean): boolean {
  return (dotfiles || !hasDotName(segments)) && !segments.some(isUnsafeName)
}

/** Names that begin with a dot are not served; `.well-known` (RFC 8615) is made for it. */
function hasDotName(segments: readonly string[]): boolean {
  return segments.some((segment, i) => segment.startsWith('.') && !(i === 0 && segment === '.well-known'))
}

/** What Windows would take for a drive, a stream, a device, or another name for the same file. */
const WINDOWS = /[:<>"|?*\\]|[. ]$|~\d|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** A backslash is refused in every path, so a file that has one in its name cannot be asked for. */
function isUnsafeName(segment: string): boolean {
  if (isUploadName(segment)) return true
  return segment === '..' || /[\0\\]/.test(segment) || (sep === '\\' && WINDOWS.test(segment))
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase()
}

import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The folder of the server that the unit starts. */
export const OF_SERVICE = '/run/oriel/oriel'

/** What the names of our sockets leave: `/oriel`, 12 characters for a supervisor, and 13 for a process. */
const MOST = 103 - '/oriel/0123456789ab/123456789w/s'.length

/** Folders that this user may have for itself, the best first. */
export function candidates(): string[] {
  const uid = process.getuid?.()
  if (uid === undefined) return []
  const given = process.env['XDG_RUNTIME_DIR']
  return [
    ...(given !== undefined && isUsable(given) ? [join(given, 'oriel')] : []),
    // /run/oriel is that of the unit, and of sockets that others may use.
    uid === 0 ? '/run/oriel-0' : OF_SERVICE,
    join(tmpdir(), `oriel-${uid}`),
  ]
}

/**
 * The XDG Base Directory Specification has a path that is not absolute ignored: programs run in other folders. In one that
 * is too long there can be no sockets, whose names are 103 bytes at most.
 */
function isUsable(folder: string): boolean {
  return isAbsolute(folder) && Buffer.byteLength(folder) <= MOST
}

function made(path: string, mode: number = 0o700): boolean {
  try {
    mkdirSync(path, { mode })
    // Whatever this process takes from files that it makes.
    chmodSync(path, mode)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
  }
}

/** Whether nobody else may enter. Another user could have made it, or a link, in a folder where all may write. */
export function isPrivate(path: string, owner: number | undefined = process.getuid?.()): boolean {
  try {
    const stats = lstatSync(path)
    return stats.isDirectory() && stats.uid === owner && (stats.mode & 0o077) === 0
  } catch {
    return false
  }
}

/** A folder that only this user may enter, made where it is not there; undefined where there can be none. */
export function privateFolder(): string | undefined {
  return candidates().find((path) => made(path) && isPrivate(path))
}

/**
 * The folder for the sockets of applications. Those that root starts may be other users': they can go through it, and see
 * nothing there. @throws Error where no folder can be had.
 */
export function applicationsFolder(): string {
  if (process.getuid?.() === 0) {
    const found = ['/run/oriel-applications', join(tmpdir(), 'oriel-applications')].find(
      (path) => made(path, 0o711) && isOurs(path),
    )
    if (found !== undefined) return found
  }
  const folder = privateFolder()
  if (folder === undefined) throw new Error('there is no folder for the sockets of applications: set XDG_RUNTIME_DIR')
  return folder
}

/** Whether nobody else may change what is in it. */
function isOurs(path: string): boolean {
  const stats = lstatSync(path)
  return stats.isDirectory() && stats.uid === 0 && (stats.mode & 0o022) === 0 && (stats.mode & 0o001) !== 0
}

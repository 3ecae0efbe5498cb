import {
  type BigIntStats,
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'

/** Milliseconds that another process has to be done with the file, and between two looks. */
const PATIENCE = 5000
const POLL = 25

/** What became of a file. */
export type Edited = 'made' | 'changed' | 'kept'

/**
 * Changes a file in one step: whoever reads it finds what was there or what is new, whole. Links are followed; owner and mode
 * stay, and a file that is made is its owner's alone. Two at once come one after the other: what is new is written beside the
 * file, under a name that only one of them can make.
 * @param edit What the file says now, undefined where there is none, to what it shall say; undefined to leave it.
 * @throws Error that says why it cannot be changed; what `edit` throws.
 */
export async function editFile(
  path: string,
  edit: (bytes: Uint8Array | undefined) => Uint8Array | undefined,
): Promise<Edited> {
  const real = realPath(path)
  const beside = besideOf(real)
  const descriptor = await claimed(beside, path)
  let open = true
  try {
    const stats = statSync(real, { bigint: true, throwIfNoEntry: false })
    if (stats?.isFile() === false) throw new Error(`${path} is no file`)
    const edited = edit(stats === undefined ? undefined : readFileSync(real))
    if (edited === undefined) {
      rmSync(beside, { force: true })
      return 'kept'
    }
    for (let at = 0; at < edited.length; ) at += writeSync(descriptor, edited, at)
    if (stats !== undefined) keepRights(descriptor, stats, path)
    // Before the rename: else a power cut may leave the name with no content.
    fsyncSync(descriptor)
    closeSync(descriptor)
    open = false
    renameSync(beside, real)
    syncFolder(dirname(real))
    return stats === undefined ? 'made' : 'changed'
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  } finally {
    if (open) closeSync(descriptor)
  }
}

/** Where what is new of a file is written; a killed process leaves it there. Its name begins with a dot, so it is hidden. */
export function besideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.new`)
}

/** Where a file lies, which need not be there yet. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    throw new Error(`${path} is a link to a file that is not there: make that one, or remove the link`)
  }
  try {
    return join(realpathSync.native(dirname(path)), basename(path))
  } catch {
    throw new Error(`there is no folder ${dirname(path)}: make it first`)
  }
}

/** Makes the file beside, as the only one; of other processes each has a moment to be done. */
async function claimed(beside: string, path: string): Promise<number> {
  for (const start = performance.now(); ; await after(POLL)) {
    try {
      return openSync(beside, 'wx', 0o600)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
        throw new Error(`${path} cannot be changed: this user may not write to its folder`, { cause: error })
      }
      if (code !== 'EEXIST') throw new Error(`${path} cannot be changed: ${message}`, { cause: error })
    }
    if (performance.now() - start > PATIENCE) {
      throw new Error(`another process is changing ${path}. Where none is, one was killed: remove ${beside}`)
    }
  }
}

function keepRights(descriptor: number, { uid, gid, mode }: BigIntStats, path: string): void {
  if (process.platform === 'win32') return
  try {
    // Whether or not they are ours: the group may be the folder's.
    fchownSync(descriptor, Number(uid), Number(gid))
  } catch (cause) {
    throw new Error(`${path} is another user's, and would become yours: change it as that user`, { cause })
  }
  fchmodSync(descriptor, Number(mode) & 0o7777)
}

/** So that the new name outlives a power cut too. Not all systems open folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

import * as fs from 'node:fs'
import { dirname } from 'node:path'
import type { Ids } from './specification.ts'

/** The flag that opens a name and not what it leads to; Node has no name for it. */
const O_PATH = 0o10000000

/**
 * Gives a socket, and the way to it, to who must connect, where that is another user than whose process listens. That one
 * could put something else under the name meanwhile: so the rights are given to what was looked at, by its descriptor.
 * @throws Error where there is no socket of this user.
 */
export function letIn(path: string, listener: Ids, { uid, gid }: Ids): void {
  if (process.platform === 'linux') {
    const descriptor = fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW)
    try {
      check(fs.fstatSync(descriptor), path, listener)
      fs.chownSync(`/proc/self/fd/${descriptor}`, uid, gid)
      fs.chmodSync(`/proc/self/fd/${descriptor}`, 0o600)
    } finally {
      fs.closeSync(descriptor)
    }
  } else {
    check(fs.lstatSync(path), path, listener)
    fs.lchownSync(path, uid, gid)
    fs.lchmodSync?.(path, 0o600)
  }
  fs.chmodSync(dirname(path), 0o711)
}

function check(stats: fs.Stats, path: string, { uid }: Ids): void {
  if (!stats.isSocket() || stats.uid !== uid) throw new Error(`${path} is no socket of the process that was started`)
}

import { chmodSync, chownSync, lchownSync, linkSync, lstatSync, mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { removeTree } from './remove-tree.ts'
import type { Ids } from './specification.ts'

/** What the folder of a second name has behind the name of the first one's. */
export const SECOND = 'w'

/**
 * Gives a socket a second name, for who must connect, where that is another user than whose process listens. That one
 * could put a link in the place of the first name, and have the workers talk to the socket of somebody else, as
 * themselves; to the folder of the second it cannot come. The socket stays its own: many change its mode when they listen
 * already (uvicorn), and remove it when they end.
 * @returns The second name.
 * @throws Error where there is no socket of this user.
 */
export function letIn(path: string, listener: Ids, { uid, gid }: Ids): string {
  const folder = `${dirname(path)}${SECOND}`
  mkdirSync(folder, { mode: 0o700 })
  const second = join(folder, basename(path))
  linkSync(path, second)
  const stats = lstatSync(second)
  if (!stats.isSocket() || stats.uid !== listener.uid) {
    throw new Error(`${path} is no socket of the process that was started`)
  }
  lchownSync(second, listener.uid, gid)
  chmodSync(second, 0o660)
  // Last: from now on it is another user's, who may change what the names in it are.
  chownSync(folder, uid, gid)
  chmodSync(folder, 0o500)
  return second
}

/** Takes the second name away, where there is one. */
export function lockOut(path: string): void {
  removeTree(`${dirname(path)}${SECOND}`)
}

import { chmodSync, chownSync, lchownSync, lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Ids } from './specification.ts'

/**
 * Gives a socket to who must connect, where that is another user than whose process listens. That one could put a link in
 * its place, and have the workers talk to the socket of somebody else, in their name: so the folder is taken away first.
 * @throws Error where there is no socket of this user.
 */
export function letIn(path: string, listener: Ids, { uid, gid }: Ids): void {
  const folder = dirname(path)
  chownSync(folder, 0, 0)
  chmodSync(folder, uid === 0 ? 0o700 : 0o711)
  const stats = lstatSync(path)
  if (!stats.isSocket() || stats.uid !== listener.uid) {
    throw new Error(`${path} is no socket of the process that was started`)
  }
  lchownSync(path, uid, gid)
  chmodSync(path, 0o600)
}

/** A process that ends may remove its socket, as many do: nobody connects any more. */
export function giveBack(path: string, { uid, gid }: Ids): void {
  const folder = dirname(path)
  chmodSync(folder, 0o700)
  chownSync(folder, uid, gid)
}

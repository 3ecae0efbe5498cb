import { chmodSync, lchownSync } from 'node:fs'
import { groupId } from './groups.ts'

/** Who may connect to a Unix socket: connecting takes the right to write to it (unix(7)). */
export interface SocketRights {
  /** Octal, as `0660`. */
  readonly mode?: string
  /** A name or a number. */
  readonly group?: string
}

/** What a group that is named is there for. */
const WITH_GROUP = '0660'

/**
 * Binds a Unix socket so that it never has more rights than it shall have: nobody slips in before they are set. The
 * umask is the whole process's, so `bind` must do its work before it returns, as `net.Server.listen` does; it says
 * whether it did. The folder must be one that nobody else can write to: who can may put another file under the name.
 * @throws Error for a group that is not there, the system's error for one that this user is not in.
 */
export function bindWithRights(path: string, { mode, group }: SocketRights, bind: () => boolean): void {
  const rights = Number.parseInt(mode ?? WITH_GROUP, 8)
  const id = group === undefined ? undefined : groupId(group)
  // Until it belongs to that group, the group's rights would be those of another one.
  const before = process.umask(0o777 & ~(id === undefined ? rights : rights & 0o700))
  let bound = false
  try {
    bound = bind()
  } finally {
    process.umask(before)
  }
  if (!bound || id === undefined) return
  lchownSync(path, -1, id)
  chmodSync(path, rights)
}

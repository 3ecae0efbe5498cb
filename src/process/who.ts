import { readFileSync } from 'node:fs'
import { groupId } from '../io/groups.ts'
import type { ApplicationSpec, Ids } from './specification.ts'

/** Whose process it is to be. */
export interface Who extends Ids {
  readonly home: string | undefined
  /** The name by which the system knows the groups that the user is in; undefined for a number without an entry. */
  readonly user: string | undefined
  /** Whether this is somebody else than this process: only root can become that. */
  readonly other: boolean
}

/**
 * Whose process an application is to be. Where no user is named, that of the workers: it is not root by accident.
 * @param owner Who the workers are, where they are not this user.
 * @throws Error for a user or group that there is not, or that this process cannot become.
 */
export function whoRuns({ user, group }: Pick<ApplicationSpec, 'user' | 'group'>, owner: Ids | undefined): Who {
  const own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }
  const entry = entryOf(user ?? owner?.uid ?? own.uid)
  const uid = entry?.uid ?? Number(user ?? owner?.uid ?? own.uid)
  if (!Number.isSafeInteger(uid)) throw new Error(`there is no user ${user} on this machine`)
  const first = user === undefined ? (owner?.gid ?? own.gid) : (entry?.gid ?? (uid === own.uid ? own.gid : undefined))
  const gid = group === undefined ? first : groupId(group)
  if (gid === undefined) throw new Error(`the user ${user} has no entry on this machine: name the group too`)
  const other = uid !== own.uid || gid !== own.gid
  if (other && own.uid !== 0) {
    const wanted = uid === own.uid ? `with the group ${group}` : `as the user ${user}`
    throw new Error(`only root can start it ${wanted}: start the server as root, or leave out user and group`)
  }
  return { uid, gid, home: entry?.home, user: entry?.name, other }
}

interface Entry extends Ids {
  readonly name: string
  readonly home: string
}

/** An entry of passwd(5), from its file, or from where else users come from, which getent(1) knows. */
function entryOf(user: string | number): Entry | undefined {
  const byNumber = /^\d{1,9}$/.test(String(user))
  const line =
    linesOfFile().find((one) => one.split(':')[byNumber ? 2 : 0] === String(user)) ?? asked(String(user)).trimEnd()
  const [name = '', , uid, gid, , home = ''] = line.split(':')
  if (name === '' || uid === undefined || gid === undefined) return undefined
  return { name, uid: Number(uid), gid: Number(gid), home }
}

function linesOfFile(): string[] {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n')
  } catch {
    // Where there is no such file, getent may know.
    return []
  }
}

function asked(user: string): string {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    return execFileSync('getent', ['--', 'passwd', user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    // Neither is there, or it knows none: the same to who asks.
    return ''
  }
}

import { type Config, ConfigError } from '../config/config.ts'
import { groupId } from '../io/groups.ts'
import type { Ids } from '../process/specification.ts'

/** Who a worker becomes before it does anything else: a user and a group, by name or number. */
export interface Identity {
  readonly user: string | number
  readonly group: string | number
}

/** What the types of Node leave out. */
interface Rights {
  initgroups?(user: string, group: string | number): void
}

/** Whether this process may become another user. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * Who the workers are to be; undefined where the config leaves it open, or this process is not root and cannot help it.
 * @throws ConfigError for a user that the system does not know.
 */
export function identityFor(config: Config): Identity | undefined {
  return isRoot() ? wantedIdentity(config) : undefined
}

/** Who the workers are to be where root starts the server. @throws ConfigError for a user or group that is not there. */
export function wantedIdentity({ user, group }: Config): Identity | undefined {
  if (user === undefined) {
    if (group !== undefined) throw new ConfigError('group goes with user: name the user that the workers are to be')
    return undefined
  }
  const own = typeof user === 'number' && group !== undefined ? group : groupOf(user)
  if (group !== undefined) checkGroup(group)
  return { user, group: group ?? own }
}

function checkGroup(group: string | number): void {
  try {
    groupId(group)
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause })
  }
}

/**
 * Becomes somebody, for good, with the groups that they are in.
 * @throws the system's error for a user or group that it does not know, Error where the way back is still open.
 */
export function become({ user, group }: Identity): void {
  if (typeof user === 'string') (process as Rights).initgroups?.(user, group)
  else process.setgroups?.([group])
  process.setgid?.(group)
  process.setuid?.(user)
  if (isRoot() || canReturn()) throw new Error(`this process could not give up its rights for ${user}`)
}

/** Their numbers. */
export function idsOf({ user, group }: Identity): Ids {
  const uid = typeof user === 'number' ? user : Number(idOf('-u', user))
  return { uid, gid: groupId(group) }
}

function canReturn(): boolean {
  try {
    process.setuid?.(0)
    return true
  } catch {
    return false
  }
}

/** The first group of a user. */
function groupOf(user: string | number): number {
  try {
    return Number(idOf('-g', user))
  } catch (cause) {
    const what =
      typeof user === 'number' ? `the user ${user} has no entry here: name the group too` : `there is no user ${user}`
    throw new ConfigError(what, { cause })
  }
}

function idOf(what: '-u' | '-g', user: string | number): string {
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  return execFileSync('id', [what, '--', String(user)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

import { resolve } from 'node:path'
import type { AuthorizationRecord } from '../../message/connection.ts'
import { AuthenticationFailed } from '../../message/errors.ts'
import type { Report } from '../../message/exchange.ts'
import type { Authenticator } from '../../message/interface.ts'
import { isPromise } from '../../message/reply.ts'
import { hashing } from '../hashing/hashing.ts'
import { readGroups } from './group-lines.ts'
import { dummyOf, isPassword, isSlow, matches, type PasswordHash } from './hashes.ts'
import { readPasswords } from './password-lines.ts'
import { RereadFile } from './reread.ts'

/** Names and passwords in files, as Apache and nginx have them. */
export interface HtpasswdOptions {
  /** The file of passwords: `name:hash` in each line, as `oriel passwd` and htpasswd(1) make it. */
  readonly htpasswd: string
  /** The file of groups: `group: user user` in each line. */
  readonly groups?: string
  /** Takes passwords in plain text too. */
  readonly plain?: boolean
}

/** A store of passwords that may say others tomorrow. */
export interface HtpasswdStore extends Authenticator {
  /** Another number whenever its files say something else: what was verified before no longer holds then. */
  readonly generation: number
}

/** Compares a password with a hash: at once where that is quick. */
export type Compare = (password: string, hash: PasswordHash) => boolean | Promise<boolean>

/**
 * The passwords of a file. It is read now, and again when it has changed. Who is not in it is as much work as who is.
 * @param base The folder that paths are taken from. @param report Who is told of a file that can no longer be used.
 * @throws PasswordFileError where a file cannot be used.
 */
export function htpasswdStore(
  options: HtpasswdOptions,
  base: string,
  report: Report = warn,
  compare: Compare = aside,
): HtpasswdStore {
  const { plain = false } = options
  const path = resolve(base, options.htpasswd)
  const groupsPath = options.groups === undefined ? undefined : resolve(base, options.groups)
  const readUsers = (bytes: Uint8Array): Users => usersOf(readPasswords(bytes, path, plain))
  const passwords = new RereadFile(path, readUsers, report, '"oriel passwd" makes one')
  const groups =
    groupsPath === undefined
      ? undefined
      : new RereadFile(
          groupsPath,
          (bytes) => readGroups(bytes, groupsPath),
          report,
          'make it, with "group: user user" in each line',
        )
  return {
    get generation() {
      return passwords.generation + (groups?.generation ?? 0)
    },
    authenticateUser(name, password) {
      const { known, dummy } = passwords.value
      const user = known.get(name)
      const hash = user ?? dummy
      // Of a file without users, and of what no password can be, nothing is to be learned by the time that it takes.
      if (hash === undefined || !isPassword(password)) throw failed()
      const decide = (matched: boolean): AuthorizationRecord => {
        if (!matched || user === undefined) throw failed()
        // The file may have changed while a thread hashed.
        if (passwords.value.known.get(name)?.text !== user.text) throw failed()
        return { name, groups: groups?.value.get(name) ?? [] }
      }
      const matched = compare(password, hash)
      return isPromise(matched) ? matched.then(decide) : decide(matched)
    },
  }
}

interface Users {
  readonly known: ReadonlyMap<string, PasswordHash>
  /** What a password is compared with for a name that nobody has; undefined where there are no names. */
  readonly dummy: PasswordHash | undefined
}

function usersOf(known: ReadonlyMap<string, PasswordHash>): Users {
  const usual = mostUsual([...known.values()])
  return { known, dummy: usual && dummyOf(usual) }
}

/** One of those that are as much work as most are; of several such, the one that is most. */
function mostUsual(hashes: readonly PasswordHash[]): PasswordHash | undefined {
  const counts = new Map<string, { hash: PasswordHash; count: number }>()
  for (const hash of hashes) {
    const key = `${hash.kind} ${hash.work}`
    const found = counts.get(key)
    if (found === undefined) counts.set(key, { hash, count: 1 })
    else found.count++
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || b.hash.work - a.hash.work)[0]?.hash
}

function aside(password: string, hash: PasswordHash): boolean | Promise<boolean> {
  return isSlow(hash) ? hashing.matches(password, hash) : matches(password, hash)
}

/** The same for a wrong name and a wrong password. */
function failed(): AuthenticationFailed {
  return new AuthenticationFailed('there is no such user, or this is not the password')
}

function warn(_: unknown, event: string, { error }: { readonly error?: unknown } = {}): void {
  process.emitWarning(`${event} ${error instanceof Error ? error.message : ''}`)
}

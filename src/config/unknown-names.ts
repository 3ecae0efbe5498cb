import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Access, AccessRules } from '../access/access.ts'
import { readGroups } from '../access/stores/group-lines.ts'
import type { HtpasswdOptions } from '../access/stores/htpasswd.ts'
import { readPasswords } from '../access/stores/password-lines.ts'
import { accessesOf } from './access.ts'
import type { Config } from './config.ts'
import { objectAccess } from './object-access.ts'

/**
 * Users and groups that a guard allows and that its files do not name, in one sentence each: nobody comes in by them.
 * @param base The folder of the config. @throws PasswordFileError for a file that cannot be used.
 */
export function unknownNames(config: Config, base: string): string[] {
  const { access, routes } = config
  const guards: (readonly [string, Access | undefined])[] = [['access', access]]
  for (const [i, route] of routes.entries()) {
    guards.push([`routes[${i}].access`, route.access])
    for (const one of accessesOf(route.authorize)) guards.push([`routes[${i}].authorize`, one])
  }
  for (const [name, one] of Object.entries(objectAccess(config))) guards.push([`objects.${name}.access`, one])
  return guards.flatMap(([key, one]) => (one === undefined || one === 'public' ? [] : inRules(one, key, base)))
}

function inRules(rules: AccessRules, key: string, base: string, round?: HtpasswdOptions): string[] {
  const { store, scheme, allow: { users = [], groups = [] } = {}, all = [], any = [] } = rules
  const files = scheme === undefined ? round : isFiles(store) ? store : undefined
  const told = files === undefined ? [] : [...unknownUsers(users, files, base), ...unknownGroups(groups, files, base)]
  const inner = [...all, ...any].flatMap((one) => inRules(one, key, base, files))
  return [...told.map((sentence) => `${key}: ${sentence}`), ...inner]
}

function unknownUsers(users: readonly string[], { htpasswd, plain = false }: HtpasswdOptions, base: string): string[] {
  if (users.length === 0) return []
  const path = resolve(base, htpasswd)
  const known = readPasswords(readFileSync(path), path, plain)
  return users.filter((name) => !known.has(name)).map((name) => `allows the user ${name}, who is not in ${htpasswd}`)
}

function unknownGroups(groups: readonly string[], { groups: file }: HtpasswdOptions, base: string): string[] {
  if (groups.length === 0) return []
  if (file === undefined)
    return ["allows groups, and its store names no file of them: store: { htpasswd, groups: './groups' }"]
  const path = resolve(base, file)
  const known = new Set([...readGroups(readFileSync(path), path).values()].flat())
  return groups
    .filter((name) => !known.has(name))
    .map((name) => `allows the group ${name}, which has nobody in ${file}`)
}

function isFiles(store: AccessRules['store']): store is HtpasswdOptions {
  return typeof store === 'object' && 'htpasswd' in store
}

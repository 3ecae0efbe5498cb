import type { Access, AccessRules, Allow } from './access.ts'
import { checkKeys, checkSaid } from './known-keys.ts'

const KEYS: ReadonlySet<string> = new Set(['scheme', 'realm', 'store', 'allow', 'authorizer', 'all', 'any'])
const ALLOW: ReadonlySet<string> = new Set(['users', 'groups', 'methods', 'addresses'])

/** Looks at what is said of who may, without making anything of it. @throws TypeError that says what is wrong. */
export function checkAccess(access: Access): void {
  if (access === 'public') return
  if (typeof access !== 'object' || access === null)
    throw new TypeError(`access is 'public' or rules, not ${JSON.stringify(access)}`)
  checkRules(access)
}

/**
 * Looks at rules without making anything of them.
 * @param named Whether somebody was asked already who it is. @throws TypeError that says what is wrong.
 */
export function checkRules(rules: AccessRules, named: boolean = false): void {
  checkKeys(rules, KEYS, 'access')
  checkSaid(rules)
  const { scheme, realm, store, allow, authorizer, all, any } = rules
  if (scheme === 'basic' && store === undefined) {
    throw new TypeError("scheme 'basic' needs a store, which knows the passwords: store: { htpasswd: './htpasswd' }")
  }
  if (scheme !== 'basic' && (store ?? realm) !== undefined) {
    throw new TypeError(`has a ${store === undefined ? 'realm' : 'store'}, which is for scheme 'basic' only`)
  }
  if (allow !== undefined) checkAllow(allow)
  if ([allow, scheme, authorizer, all, any].every((one) => one === undefined)) {
    throw new TypeError('says nothing, and would let everybody in: give scheme, allow, authorizer, all or any')
  }
  const known = named || scheme !== undefined
  if (!known && allow !== undefined && namesUsers(allow)) {
    throw new TypeError('allows users or groups, and has no scheme, by which clients say who they are')
  }
  for (const [name, list] of Object.entries({ all, any })) {
    if (list !== undefined && !Array.isArray(list)) throw new TypeError(`${name} is no list of rules`)
    if (list?.length === 0) throw new TypeError(`${name} has no rules in it`)
    for (const one of list ?? []) checkRules(one, known)
  }
}

/** Whether it takes a name to be let in. */
export function namesUsers({ users, groups }: Allow): boolean {
  return users !== undefined || groups !== undefined
}

function checkAllow(allow: Allow): void {
  checkKeys(allow, ALLOW, 'allow')
  checkSaid(allow)
  const lists: readonly (readonly [string, unknown])[] = Object.entries(allow)
  if (lists.length === 0) throw new TypeError(`allow says nothing: give ${[...ALLOW].join(', ')}, or leave it out`)
  for (const [name, list] of lists) {
    // The characters of a text would be taken for names.
    if (!Array.isArray(list) || !list.every((one) => typeof one === 'string'))
      throw new TypeError(`allow.${name} is no list of texts`)
  }
}

/** All rules in an access, itself among them. */
export function rulesIn(access: Access | undefined): AccessRules[] {
  // What is no rules at all is refused by whoever makes something of it.
  if (typeof access !== 'object' || access === null) return []
  return [access, ...[access.all ?? [], access.any ?? []].flat().flatMap(rulesIn)]
}

import type { Access, AccessRules, Allow } from './access.ts'

const KEYS: ReadonlySet<string> = new Set(['scheme', 'realm', 'store', 'allow', 'authorizer', 'all', 'any'])
const ALLOW: ReadonlySet<string> = new Set(['users', 'groups', 'methods', 'addresses'])

/** Looks at what is said of who may, without making anything of it. @throws TypeError that says what is wrong. */
export function checkAccess(access: Access): void {
  if (access === 'public') return
  if (typeof access === 'string') throw new TypeError(`access is 'public' or rules, not ${JSON.stringify(access)}`)
  checkRules(access)
}

/**
 * Looks at rules without making anything of them.
 * @param named Whether somebody was asked already who it is. @throws TypeError that says what is wrong.
 */
export function checkRules(rules: AccessRules, named: boolean = false): void {
  checkKeys(rules, KEYS, 'access')
  const { scheme, realm, store, allow, authorizer, all, any } = rules
  if (scheme === 'basic' && store === undefined) {
    throw new TypeError("scheme 'basic' needs a store, which knows the passwords: store: { htpasswd: './htpasswd' }")
  }
  if (scheme !== 'basic' && (store ?? realm) !== undefined) {
    throw new TypeError(`has a ${store === undefined ? 'realm' : 'store'}, which is for scheme 'basic' only`)
  }
  if (allow !== undefined) checkKeys(allow, ALLOW, 'allow')
  const allows = allow !== undefined && Object.values(allow).some((one) => one !== undefined)
  if (!allows && [scheme, authorizer, all, any].every((one) => one === undefined)) {
    throw new TypeError('says nothing, and would let everybody in: give scheme, allow, authorizer, all or any')
  }
  const known = named || scheme !== undefined
  if (!known && allow !== undefined && namesUsers(allow)) {
    throw new TypeError('allows users or groups, and has no scheme, by which clients say who they are')
  }
  for (const [name, list] of Object.entries({ all, any })) {
    if (list?.length === 0) throw new TypeError(`${name} has no rules in it`)
    for (const one of list ?? []) checkRules(one, known)
  }
}

/** Whether it takes a name to be let in. */
export function namesUsers({ users, groups }: Allow): boolean {
  return users !== undefined || groups !== undefined
}

/** A key that is mistyped would let in more than is meant. */
function checkKeys(given: unknown, known: ReadonlySet<string>, name: string): void {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw new TypeError(`${name} is no object`)
  const wrong = Object.keys(given).find((key) => !known.has(key))
  if (wrong !== undefined) throw new TypeError(`${name} has no key ${wrong}; possible are ${[...known].join(', ')}`)
}

/** All rules in an access, itself among them. */
export function rulesIn(access: Access | undefined): AccessRules[] {
  if (access === undefined || access === 'public') return []
  return [access, ...[...(access.all ?? []), ...(access.any ?? [])].flatMap(rulesIn)]
}

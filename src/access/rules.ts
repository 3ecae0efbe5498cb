import type { Means } from '../message/connection.ts'
import type { Access, AccessRules, Allow } from './access.ts'
import { byAddress, byMethod, byName } from './allow.ts'
import { authorized } from './authorized.ts'
import { authorizerOf } from './authorizers.ts'
import { oneOf } from './combined.ts'
import { type Gate, inTurn } from './gate.ts'
import { asking } from './identified.ts'
import { checkKeys, checkSaid } from './known-keys.ts'
import type { GuardPlace } from './place.ts'
import { identification } from './schemes.ts'

/** The gates that rules stand for. */
export interface BuiltRules {
  readonly gate: Gate
  /** By what all schemes in them identify. */
  readonly means: readonly Means[]
}

const KEYS: ReadonlySet<string> = new Set(['scheme', 'realm', 'store', 'allow', 'authorizer', 'all', 'any'])
const ALLOW: ReadonlySet<string> = new Set(['users', 'groups', 'methods', 'addresses'])

/** Rules made gates, once, at start. @throws TypeError that says what is wrong. */
export function builtRules(rules: AccessRules, place: GuardPlace): BuiltRules {
  const { allow, authorizer, all = [], any } = rules
  const scheme = rules.scheme === undefined ? undefined : identification(rules, place)
  const inner = [...all, ...(any ?? [])].map((one) => builtRules(one, place))
  const gates = conditions(rules)
  if (scheme !== undefined) gates.push(scheme.gate)
  if (allow !== undefined && namesUsers(allow)) gates.push(byName(allow))
  gates.push(...inner.slice(0, all.length).map(({ gate }) => gate))
  if (any !== undefined) gates.push(oneOf(inner.slice(all.length).map(({ gate }) => gate)))
  if (authorizer !== undefined) gates.push(authorized(authorizerOf(authorizer, place.base)))
  const gate = inTurn(gates)
  const means = [...(scheme === undefined ? [] : [scheme.means]), ...inner.flatMap((one) => one.means)]
  return { gate: scheme?.scheme === undefined ? gate : asking(scheme.scheme, gate), means }
}

/** First what costs least, and tells nothing of users: nobody is asked for a password at the wrong address. */
function conditions({ allow }: AccessRules): Gate[] {
  const gates: Gate[] = []
  if (allow?.methods !== undefined) gates.push(byMethod(allow.methods))
  if (allow?.addresses !== undefined) gates.push(byAddress(allow.addresses))
  return gates
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

function namesUsers({ users, groups }: Allow): boolean {
  return users !== undefined || groups !== undefined
}

/** All rules in an access, itself among them. */
export function rulesIn(access: Access | undefined): AccessRules[] {
  // What is no rules at all is refused by whoever makes something of it.
  if (typeof access !== 'object' || access === null) return []
  return [access, ...[access.all ?? [], access.any ?? []].flat().flatMap(rulesIn)]
}

import type { Means } from '../message/connection.ts'
import type { AccessRules } from './access.ts'
import { byAddress, byMethod, byName } from './allow.ts'
import { authorized } from './authorized.ts'
import { authorizerOf } from './authorizers.ts'
import { namesUsers } from './check-rules.ts'
import { oneOf } from './combined.ts'
import { type Gate, inTurn } from './gate.ts'
import { asking } from './identified.ts'
import type { GuardPlace } from './place.ts'
import { identification } from './schemes.ts'

/** The gates that rules stand for. */
export interface BuiltRules {
  readonly gate: Gate
  /** By what all schemes in them identify. */
  readonly means: readonly Means[]
}

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

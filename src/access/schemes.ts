import { AuthorizationRequired } from '../message/errors.ts'
import type { Scheme } from '../message/interface.ts'
import type { AccessRules, FastCgiAuthorizerGiven, SchemeGiven } from './access.ts'
import { authorized } from './authorized.ts'
import { type Gate, inTurn } from './gate.ts'
import { lazyAuthorizer } from './lazy-authorizer.ts'
import { type Identification, known, ourScheme } from './lazy-schemes.ts'
import type { BuiltInScheme, GuardPlace } from './place.ts'

const WHAT =
  "a scheme is 'basic', { certificate }, { header, from }, { http }, { fastcgi }, or an object with the methods identify and challenge"

/** How clients say who they are. @throws TypeError for what is no scheme. */
export function identification(rules: AccessRules, place: GuardPlace): Identification {
  const { scheme } = rules
  if (isScheme(scheme)) return known(scheme)
  const kind = schemeKind(scheme)
  if (kind === undefined) throw new TypeError(WHAT)
  if (kind !== 'fastcgi') return ourScheme(kind, rules, place)
  return byProgram((scheme as { readonly fastcgi: FastCgiAuthorizerGiven }).fastcgi, place)
}

/** What kind of scheme is named; undefined for an object that is one itself, and for what is none. */
export function schemeKind(scheme: SchemeGiven | undefined): BuiltInScheme | 'fastcgi' | undefined {
  if (scheme === 'basic') return 'basic'
  const keys = ['certificate', 'header', 'http', 'fastcgi'] as const
  return isScheme(scheme) ? undefined : keys.find((key) => Object.hasOwn(Object(scheme), key))
}

export function isScheme(given: unknown): given is Scheme {
  const scheme = given as Partial<Scheme> | null | undefined
  return typeof scheme?.identify === 'function' && typeof scheme.challenge === 'function'
}

/** An Authorizer that says whom it has let in, by REMOTE_USER. */
function byProgram(given: FastCgiAuthorizerGiven, { base }: GuardPlace): Identification {
  const someone: Gate = (_, { user }) => {
    if (user === undefined) throw new AuthorizationRequired()
  }
  const gate = inTurn([authorized(lazyAuthorizer(given, base)), someone])
  return { gate, means: { usesAuthorization: true }, scheme: undefined }
}

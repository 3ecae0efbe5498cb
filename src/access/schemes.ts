import type { Means } from '../message/connection.ts'
import { AuthorizationRequired } from '../message/errors.ts'
import type { Scheme } from '../message/interface.ts'
import type { AccessRules, FastCgiAuthorizerGiven } from './access.ts'
import { authorized } from './authorized.ts'
import { type Gate, inTurn } from './gate.ts'
import { identified } from './identified.ts'
import { lazyAuthorizer } from './lazy-authorizer.ts'

/** What guards take from where they stand. */
export interface GuardPlace {
  /** The folder that relative paths are taken from. */
  readonly base: string
}

/** How a guard finds out who somebody is. */
export interface Identification {
  readonly gate: Gate
  readonly means: Means
  /** What asks for it; undefined where programs ask by answers of their own. */
  readonly scheme: Scheme | undefined
}

/** How clients say who they are. @throws TypeError for what is no scheme. */
export function identification({ scheme }: AccessRules, place: GuardPlace): Identification {
  if (isScheme(scheme)) return { gate: identified(scheme), means: scheme, scheme }
  if (scheme !== undefined && Object.hasOwn(Object(scheme), 'fastcgi')) return byProgram(scheme.fastcgi, place)
  throw new TypeError('a scheme is an object with the methods identify and challenge, or { fastcgi }')
}

export function isScheme(given: unknown): given is Scheme {
  const scheme = given as Partial<Scheme> | null | undefined
  return typeof scheme?.identify === 'function' && typeof scheme.challenge === 'function'
}

/** An Authorizer that says who it has let in, by REMOTE_USER. */
function byProgram(given: FastCgiAuthorizerGiven, { base }: GuardPlace): Identification {
  const someone: Gate = (_, { user }) => {
    if (user === undefined) throw new AuthorizationRequired()
  }
  const gate = inTurn([authorized(lazyAuthorizer(given, base)), someone])
  return { gate, means: { usesAuthorization: true }, scheme: undefined }
}

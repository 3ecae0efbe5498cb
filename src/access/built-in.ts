import { resolve } from 'node:path'
import type { Authenticator, Scheme } from '../message/interface.ts'
import type { AccessRules, CertificateAccess, HttpAccess, StoreGiven } from './access.ts'
import type { BuiltInScheme, GuardPlace } from './place.ts'
import { basicScheme } from './schemes/basic.ts'
import { certificateScheme } from './schemes/certificate.ts'
import { forwardScheme } from './schemes/forward.ts'
import { type HeaderOptions, headerScheme } from './schemes/header.ts'
import { functionStore } from './stores/function.ts'
import { htpasswdStore } from './stores/htpasswd.ts'
import type { NamedStore } from './stores/named.ts'

export { forwardAuthorizer } from './schemes/forward.ts'

/** A scheme that comes with Oriel. @throws TypeError for options that cannot be; PasswordFileError. */
export function builtIn(kind: BuiltInScheme, rules: AccessRules, place: GuardPlace): Scheme {
  switch (kind) {
    case 'basic':
      return basic(rules, place)
    case 'certificate':
      return certificateScheme((rules.scheme as CertificateAccess).certificate)
    case 'header':
      return headerScheme(rules.scheme as HeaderOptions)
    case 'http':
      return forwardScheme((rules.scheme as HttpAccess).http, place.base)
  }
}

function basic({ realm, store }: AccessRules, place: GuardPlace): Scheme {
  if (store === undefined) throw new TypeError("scheme 'basic' needs a store, which knows the passwords")
  const { logins: attempts, base } = place
  return basicScheme({
    store: storeOf(store, place),
    ...(realm !== undefined && { realm }),
    ...(attempts !== undefined && { attempts }),
    ...placeOf(store, base),
  })
}

/** Names of one file, or of one object, are the same people, whatever they log in to. */
function placeOf(store: StoreGiven, base: string): { readonly place?: string } {
  if (isFiles(store)) return { place: resolve(base, store.htpasswd) }
  const { from } = store as Partial<NamedStore>
  return from === undefined ? {} : { place: from }
}

function storeOf(store: StoreGiven, { base, report }: GuardPlace): Authenticator {
  if (typeof store === 'function') return functionStore(store)
  if (isFiles(store)) return htpasswdStore(store, base, report)
  if (Object.hasOwn(store, 'object'))
    throw new TypeError('a published object as a store needs a config that names its server')
  if ('authenticateUser' in store && typeof store.authenticateUser === 'function') return store
  throw new TypeError('a store is { htpasswd }, a function, or an object with the method authenticateUser')
}

function isFiles(store: StoreGiven): store is Extract<StoreGiven, { htpasswd: string }> {
  return Object.hasOwn(store, 'htpasswd')
}

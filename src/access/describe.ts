import type {
  Access,
  AccessRules,
  Allow,
  AuthorizerGiven,
  CertificateAccess,
  FastCgiAuthorizerGiven,
  HttpAccess,
  SchemeGiven,
  StoreGiven,
} from './access.ts'
import type { NamedAuthorizer } from './authorizers.ts'
import type { NamedStore } from './stores/named.ts'

/** A word, and what it is. */
export type Line = readonly [word: string, text: string]

/** What a guard asks for, in the order in which it does; nothing of it is called. */
export function describeAccess(access: Access, before: string = ''): Line[] {
  if (access === 'public') return []
  const { allow, scheme, realm, store, authorizer, all = [], any = [] } = access
  const lines: Line[] = []
  const add = (word: string, text: string | undefined): void => {
    if (text !== undefined) lines.push([word, before + text])
  }
  add('allow', conditionsText(allow))
  if (scheme !== undefined)
    add('scheme', `${schemeText(scheme)}${realm === undefined ? '' : ` for ${JSON.stringify(realm)}`}`)
  if (store !== undefined) add('store', storeText(store))
  add('allow', namesText(access))
  for (const [i, one] of all.entries()) lines.push(...describeAccess(one, `${before}all[${i}]: `))
  for (const [i, one] of any.entries()) lines.push(...describeAccess(one, `${before}any[${i}]: `))
  if (authorizer !== undefined) add('authorizer', authorizerText(authorizer))
  return lines
}

function conditionsText({ methods, addresses }: Allow = {}): string | undefined {
  const told = [
    ...(methods === undefined ? [] : [`methods ${methods.join(', ')}`]),
    ...(addresses === undefined ? [] : [`addresses ${addresses.join(', ')}`]),
  ]
  return told.length === 0 ? undefined : told.join('; ')
}

function namesText({ scheme, allow: { users, groups } = {} }: AccessRules): string | undefined {
  const told = [
    ...(users === undefined ? [] : [`users ${users.join(', ') || 'none'}`]),
    ...(groups === undefined ? [] : [`groups ${groups.join(', ') || 'none'}`]),
  ]
  if (told.length > 0) return told.join(' or ')
  return scheme === undefined ? undefined : 'any user'
}

function schemeText(scheme: SchemeGiven): string {
  if (scheme === 'basic') return 'Basic'
  if ('certificate' in scheme) return `certificate of the client, by its ${certificateText(scheme)}`
  if ('header' in scheme) return `the field ${scheme.header}, from ${scheme.from.join(', ')}`
  if ('http' in scheme) return `HTTP endpoint ${endpointText(scheme)}`
  if ('fastcgi' in scheme) return `FastCGI Authorizer ${addressText(scheme.fastcgi)}`
  return scheme.type ?? 'code'
}

function authorizerText(authorizer: AuthorizerGiven): string {
  if (typeof authorizer === 'string') return authorizer
  if ('http' in authorizer) return `HTTP endpoint ${endpointText(authorizer)}`
  if ('fastcgi' in authorizer) return `FastCGI Authorizer ${addressText(authorizer.fastcgi)}`
  return (authorizer as Partial<NamedAuthorizer>).from ?? 'code'
}

function storeText(store: StoreGiven): string {
  if ('object' in store) return `object ${store.object}`
  if (!('htpasswd' in store)) return (store as Partial<NamedStore>).from ?? 'code'
  return `${store.htpasswd}${store.groups === undefined ? '' : `, groups in ${store.groups}`}`
}

function certificateText({ certificate }: CertificateAccess): string {
  return certificate === true ? 'CN' : (certificate.name ?? 'CN')
}

function endpointText({ http }: HttpAccess): string {
  return typeof http === 'string' ? http : `${http.address}${http.path ?? ''}`
}

function addressText(given: FastCgiAuthorizerGiven): string {
  const isOptions = typeof given === 'object' && 'address' in given
  return [isOptions ? given.address : given].flat().join(', ')
}

import type { Access, AccessRules, Allow, AuthorizerGiven, FastCgiAuthorizerGiven, SchemeGiven } from './access.ts'
import type { NamedAuthorizer } from './authorizers.ts'

/** A word, and what it is. */
export type Line = readonly [word: string, text: string]

/** What a guard asks for, in the order in which it does; nothing of it is called. */
export function describeAccess(access: Access, before: string = ''): Line[] {
  if (access === 'public') return []
  const { allow, scheme, authorizer, all = [], any = [] } = access
  const lines: Line[] = []
  const add = (word: string, text: string | undefined): void => {
    if (text !== undefined) lines.push([word, before + text])
  }
  add('allow', conditionsText(allow))
  if (scheme !== undefined) add('scheme', schemeText(scheme))
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
  if ('identify' in scheme) return scheme.type ?? 'code'
  return `FastCGI Authorizer ${addressText(scheme.fastcgi)}`
}

function authorizerText(authorizer: AuthorizerGiven): string {
  if (typeof authorizer === 'string') return authorizer
  if ('fastcgi' in authorizer) return `FastCGI Authorizer ${addressText(authorizer.fastcgi)}`
  return (authorizer as Partial<NamedAuthorizer>).from ?? 'code'
}

function addressText(given: FastCgiAuthorizerGiven): string {
  const isOptions = typeof given === 'object' && 'address' in given
  return [isOptions ? given.address : given].flat().join(', ')
}

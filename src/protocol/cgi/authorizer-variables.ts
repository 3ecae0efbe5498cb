import type { Connection } from '../../message/connection.ts'
import type { OwnIdentity } from '../../message/identity-fields.ts'
import type { Request } from '../../message/request.ts'
import { cgiVariables } from './variables.ts'

/** The path is the resource's, and the Authorizer gets no content (FastCGI specification §6.3). */
const NOT_TOLD = new Set(['SCRIPT_NAME', 'PATH_INFO', 'PATH_TRANSLATED', 'CONTENT_LENGTH'])
/** What clients say of users is not told, under whatever name. */
const NO_FIELDS: OwnIdentity = { fields: new Set<string>() }
/** As Apache tells them apart: an application may be called in either role. */
const ROLE = ['FCGI_APACHE_ROLE', 'AUTHORIZER']

/**
 * What an Authorizer is told of a request: name, value, name, value, byte strings. It sees `Authorization`, for it may be the
 * one who goes by it.
 * @param env More variables, name, value, name, value.
 * @param filename Its script, for those that run many.
 */
export function authorizerVariables(
  request: Request,
  connection: Connection,
  env: readonly string[],
  {
    filename,
    identity = NO_FIELDS,
  }: { readonly filename?: string | undefined; readonly identity?: OwnIdentity | undefined } = {},
): string[] {
  const told = { authorization: true, identity, env: [...ROLE, ...env] }
  const all = cgiVariables(request, connection, { name: '', pathInfo: '', filename }, undefined, told)
  const variables: string[] = []
  for (let i = 0; i < all.length; i += 2) {
    if (!NOT_TOLD.has(all[i] as string)) variables.push(all[i] as string, all[i + 1] as string)
  }
  return variables
}

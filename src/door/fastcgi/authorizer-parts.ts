import { Forbidden } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import type { RequestParts } from '../../message/request.ts'
import { unambiguousTarget } from '../../message/unambiguous.ts'
import type { CalledBy } from '../../protocol/cgi/request-parts.ts'
import { variableOf } from '../called/facts.ts'

/** mod_authnz_fcgi tells an authenticator by it what the client gave as its password. */
const PASSWORD = 'REMOTE_PASSWD'

/**
 * A request as an Authorizer is to see it. It is about what another server will do, so its path must be one that
 * servers read alike; and about who may: a precondition is about what is asked for.
 * @throws Forbidden for a path that can be read in two ways.
 */
export function authorizerParts(parts: RequestParts, called: CalledBy, variables: readonly string[]): RequestParts {
  if (unambiguousTarget(parts.method, parts.target) === undefined) {
    throw new Forbidden({ detail: 'Servers may read this path in more than one way.' })
  }
  const password = variableOf(variables, PASSWORD)
  if (password === undefined || parts.headers.has('authorization')) return { ...parts, selective: false }
  // Apache keeps the field to itself, and tells what was in it.
  const credentials = Buffer.from(`${called.user}:${password}`, 'latin1').toString('base64')
  const headers = new Headers(parts.headers)
  headers.append('Authorization', `Basic ${credentials}`)
  return { ...parts, headers, selective: false }
}

/** REMOTE_USER where the web server knows who it is; beside a password it is only who somebody claims to be. */
export function provenUser(called: CalledBy | undefined, variables: readonly string[]): string {
  return variableOf(variables, PASSWORD) === undefined ? (called?.user ?? '') : ''
}

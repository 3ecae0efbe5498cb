import { HttpError } from '../../message/errors.ts'
import type { Request } from '../../message/request.ts'

/**
 * Dot segments that only others find: behind an encoded slash, which they decode, and before `;`, which Java servers cut
 * off. A guard has not seen the path that they lead to.
 */
const READ_OTHERWISE = /(?:\/|%2F)\.{1,2}(?:;|%2F|\/|$)/

/** What no target may have (RFC 9112 §3.2). A query comes from a client, checked, or from a program that sends elsewhere. */
const NOT_IN_TARGET = /[^\x21\x22\x24-\x7e]/g

/**
 * The target that a back end gets: the canonical path, which the guard saw, and the query as it was.
 * @param base What takes the place of the mount; undefined where nothing does.
 * @throws HttpError 400 for a path that a back end may take for another one.
 */
export function targetOf(request: Request, base: string | undefined): string {
  const { path, search } = request
  if (path.includes('.') && READ_OTHERWISE.test(path)) {
    throw new HttpError(400, { code: 'path', detail: 'This path can be understood in two ways.' })
  }
  const query = search === '' ? '' : search.replace(NOT_IN_TARGET, encoded)
  return (base === undefined ? path : joined(base, request.rest)) + query
}

/** @param rest Empty, or with a slash at its beginning. */
function joined(base: string, rest: string): string {
  return base.endsWith('/') ? base + rest.slice(1) : base + rest
}

function encoded(character: string): string {
  return [...Buffer.from(character, 'utf8')]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}

/**
 * The path by which a client finds what a back end calls by some path; undefined for one that is not under `base`.
 * @param path Absolute, with whatever stands behind it.
 */
export function publicPath(path: string, base: string | undefined, mount: string): string | undefined {
  if (base === undefined) return path
  const folder = base.endsWith('/') ? base.slice(0, -1) : base
  // A back end that knows where it is mounted says so itself.
  if (folder !== mount && isUnder(path, mount)) return path
  return isUnder(path, folder) ? mount + path.slice(folder.length) : undefined
}

function isUnder(path: string, folder: string): boolean {
  return path.startsWith(folder) && (path.length === folder.length || /^[/?#]/.test(path.slice(folder.length)))
}

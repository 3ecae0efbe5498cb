import { parseTarget, type Target } from './target.ts'

/** Scheme and authority of the absolute form. */
const BEFORE_PATH = /^https?:\/\/[^/?#]*/i
/** What a segment is told apart by: encoded, they are the same to every server. */
const DOT_OR_SEMICOLON = /%2e|%3b/gi

/**
 * The target of a request that another server will answer, where all servers read its path alike. Undefined where they
 * do not, and a guard could be shown another path than the one that is served:
 *
 * - `%2F`, which is a slash to nginx and lighttpd and none to others;
 * - a `..` beside empty segments (`/a//../b`) or above the root: RFC 3986 §5.2.4 counts what others merge first;
 * - `..;x`, which Java's servers take for `..`;
 * - octets that no target has (RFC 9112 §3.2), and any form but a path with an authority before it or none.
 */
export function unambiguousTarget(method: string, target: string): Target | undefined {
  if (!/^[\x21-\x7e]+$/.test(target)) return undefined
  const parsed = parseTarget(method, target)
  if (parsed === undefined || !parsed.path.startsWith('/')) return undefined
  const mark = target.indexOf('?')
  const path = (mark < 0 ? target : target.slice(0, mark)).replace(BEFORE_PATH, '')
  return /%2f/i.test(path) || hasTwoReadings(path.replace(DOT_OR_SEMICOLON, decodeURIComponent)) ? undefined : parsed
}

function hasTwoReadings(path: string): boolean {
  const segments = path.split('/').slice(1)
  let depth = 0
  let dots = false
  for (const segment of segments) {
    if (/^\.\.?;/.test(segment)) return true
    dots ||= segment === '..'
    depth += segment === '..' ? -1 : segment === '.' ? 0 : 1
    if (depth < 0) return true
  }
  return dots && segments.slice(0, -1).includes('')
}

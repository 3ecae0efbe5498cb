/** Empty and dot segments, and octets that may stand in a path as they are (pchar, RFC 3986 §3.3): the same path, another text. */
const SPELLED_OTHERWISE =
  /\/\/|\/(?:\.|%2[Ee]){1,2}(?:\/|$)|%(?:2[14-9A-Ea-e]|3[0-9ABDabd]|40|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])/

/** Scheme and host, as every reader of an absolute form takes them (RFC 3986 §3.2). */
const PLAIN_ORIGIN = /^https?:\/\/(?:[\w.~-]+|\[[\dA-Fa-f:.]+\])(?::\d*)?(?=[/?]|$)/i

const ENCODED_BEHIND_ORIGIN = /["'<>^`{|}]/

/**
 * Whether somebody who compares the text of a path would take it for another one than the site does. Express and Fastify
 * route so: a guard of theirs at `/secret` is not asked about `/%73ecret` or `//secret`. Nor is that of Express about
 * `http://a;b/secret`: its `url.parse` ends the host at the first character that no name has, and encodes `'` and others in its path.
 */
export function hasOtherReading(target: string): boolean {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  if (path.startsWith('/') || !path.includes('://')) return SPELLED_OTHERWISE.test(path)
  const origin = PLAIN_ORIGIN.exec(path)?.[0]
  if (origin === undefined) return true
  const behind = path.slice(origin.length)
  return ENCODED_BEHIND_ORIGIN.test(behind) || SPELLED_OTHERWISE.test(behind)
}

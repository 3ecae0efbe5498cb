/** Empty and dot segments, and octets that may stand in a path as they are (pchar, RFC 3986 §3.3): the same path, another text. */
const SPELLED_OTHERWISE =
  /\/\/|\/(?:\.|%2[Ee]){1,2}(?:\/|$)|%(?:2[14-9A-Ea-e]|3[0-9ABDabd]|40|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])/

/**
 * Whether somebody who compares the text of a path would take it for another one than the site does. Express and Fastify
 * route so: a guard of theirs at `/secret` is not asked about `/%73ecret` or `//secret`.
 */
export function hasOtherReading(target: string): boolean {
  const mark = target.indexOf('?')
  const path = (mark < 0 ? target : target.slice(0, mark)).replace(/^https?:\/\/[^/]*/i, '')
  return SPELLED_OTHERWISE.test(path)
}

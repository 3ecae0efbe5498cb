/**
 * Empty and dot segments, and letters, digits and marks that no client need encode (RFC 3986 §2.3): they mean the same
 * path, and are another text.
 */
const SPELLED_OTHERWISE = /\/\/|\/(?:\.|%2[Ee]){1,2}(?:\/|$)|%(?:2[DdEe]|3\d|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])/

/**
 * Whether somebody who compares the text of a path would take it for another one than the site does. Express and Fastify
 * route so: a guard of theirs at `/secret` is not asked about `/%73ecret` or `//secret`.
 */
export function hasOtherReading(target: string): boolean {
  const mark = target.indexOf('?')
  const path = (mark < 0 ? target : target.slice(0, mark)).replace(/^https?:\/\/[^/]*/i, '')
  return SPELLED_OTHERWISE.test(path)
}

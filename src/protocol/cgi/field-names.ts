/**
 * Fields that say nothing to the program: those of the web server's own connection with the client (RFC 9110 §7.6.1), and
 * those that have a variable without `HTTP_` (RFC 3875 §4.1.2, §4.1.3), in which alone they are believed.
 */
const NOT_FOR_PROGRAMS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Names that were made before. Clients choose them, so not more than these. */
const MOST_KEPT = 256
const LONGEST_KEPT = 64
const kept = new Map<string, string>()

/** The name of the field for a variable `HTTP_X_FOO` (RFC 3875 §4.1.18): `x-foo`; empty for one that is none. */
export function fieldNameOf(variable: string): string {
  const known = kept.get(variable)
  if (known !== undefined) return known
  const name = /^HTTP_[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(variable)
    ? variable.slice(5).replaceAll('_', '-').toLowerCase()
    : ''
  const made = NOT_FOR_PROGRAMS.has(name) ? '' : name
  if (kept.size < MOST_KEPT && variable.length <= LONGEST_KEPT) kept.set(ownText(variable), made)
  return made
}

/** A text of its own: a part of another one holds all of that in memory. */
function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

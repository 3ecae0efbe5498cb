import type { Headers } from '../../message/headers.ts'

/** Which fields of a request a program does not see. */
export interface Withheld {
  /** `Authorization` too: programs are told who the user is, and not the password (RFC 3875 §4.1.18). */
  readonly authorization: boolean
}

/**
 * Fields that become no variable. Those of the connection say nothing to a program; content has variables of its own
 * (RFC 3875 §4.1.2, §4.1.3); `Proxy` would become HTTP_PROXY, which programs take for their configuration (httpoxy).
 */
const NEVER = new Set([
  'HTTP_PROXY',
  'HTTP_CONTENT_LENGTH',
  'HTTP_CONTENT_TYPE',
  'HTTP_TRANSFER_ENCODING',
  'HTTP_CONNECTION',
  'HTTP_PROXY_CONNECTION',
  'HTTP_KEEP_ALIVE',
  'HTTP_TE',
  'HTTP_TRAILER',
  'HTTP_UPGRADE',
  'HTTP_EXPECT',
  'HTTP_HTTP2_SETTINGS',
  'HTTP_PROXY_AUTHORIZATION',
])

/** Names seen before, and their variables. Bounded, in bytes too: clients choose names. */
const NAMES = new Map<string, string>()
const MOST_NAMES = 1000
const LONGEST_NAME = 64

/**
 * The variables of the fields of a request (RFC 3875 §4.1.18), added to a list of name, value, name, value. Repeated
 * fields are joined. Where several names become one variable, as X-Real and X_Real do, only the one that is spelled with
 * letters, digits and hyphens counts: a client must not pass off another field as one that the server sets.
 */
export function addFieldVariables(list: string[], headers: Headers, withheld: Withheld): void {
  const fields = headers.fields()
  const from = list.length
  /** The names that are not plainly spelled; nearly always none. */
  let odd: string[] | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const variable = variableOf(name)
    if (NEVER.has(variable) || (withheld.authorization && variable === 'HTTP_AUTHORIZATION')) continue
    const value = fields[i + 1] as string
    if (isOdd(name)) {
      odd ??= []
      odd.push(name, variable, value)
      continue
    }
    add(list, from, variable, value)
  }
  if (odd !== undefined) addOdd(list, from, odd)
}

function add(list: string[], from: number, variable: string, value: string): void {
  for (let i = from; i < list.length; i += 2) {
    if (list[i] !== variable) continue
    // RFC 9110 §5.3; RFC 6265 §5.4 for Cookie.
    list[i + 1] += (variable === 'HTTP_COOKIE' ? '; ' : ', ') + value
    return
  }
  list.push(variable, value)
}

/** Those of which no other name becomes the same variable. @param odd Name, variable, value. */
function addOdd(list: string[], from: number, odd: readonly string[]): void {
  const plain = new Set<string>()
  for (let i = from; i < list.length; i += 2) plain.add(list[i] as string)
  for (let i = 0; i < odd.length; i += 3) {
    const name = (odd[i] as string).toLowerCase()
    const variable = odd[i + 1] as string
    const others = odd.some((other, j) => j % 3 === 1 && other === variable && odd[j - 1]?.toLowerCase() !== name)
    if (!plain.has(variable) && !others) add(list, from, variable, odd[i + 2] as string)
  }
}

/** Whether a name has characters other than letters, digits and hyphens. */
function isOdd(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i)
    const usual = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 45 || (c >= 48 && c <= 57)
    if (!usual) return true
  }
  return false
}

function variableOf(name: string): string {
  const known = NAMES.get(name)
  if (known !== undefined) return known
  const made = `HTTP_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`
  // A copy: a part of another text holds all of that in memory.
  if (NAMES.size < MOST_NAMES && name.length <= LONGEST_NAME) {
    NAMES.set(Buffer.from(name, 'latin1').toString('latin1'), made)
  }
  return made
}

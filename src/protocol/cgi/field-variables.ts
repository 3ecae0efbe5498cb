import type { Headers } from '../../message/headers.ts'
import { folded, type OwnIdentity, tellsOfUser } from '../../message/identity-fields.ts'

/** Which fields of a request a program does not see. */
export interface Withheld {
  /** `Authorization` too: programs are told who the user is, and not the password (RFC 3875 §4.1.18). */
  readonly authorization: boolean
  /** What the site knows users by: no variables of clients, under whatever name (REMOTE_USER is no field, HTTP_REMOTE_USER is). */
  readonly identity?: OwnIdentity | undefined
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

/** What becomes of a field of some name. */
interface FieldVariable {
  readonly name: string
  readonly never: boolean
  /** The name of the field as gateways read it that fold names. */
  readonly field: string
  readonly tellsOfUser: boolean
  /** Whether the name of the field has characters other than letters, digits and hyphens. */
  readonly odd: boolean
}

/** Names seen before, and their variables. Bounded, in bytes too: clients choose names. */
const NAMES = new Map<string, FieldVariable>()
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
    if (variable.never || (withheld.authorization && variable.name === 'HTTP_AUTHORIZATION')) continue
    if (withheld.identity !== undefined && (variable.tellsOfUser || withheld.identity.fields.has(variable.field)))
      continue
    const value = fields[i + 1] as string
    if (variable.odd) {
      odd ??= []
      odd.push(name, variable.name, value)
      continue
    }
    add(list, from, variable.name, value)
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

function variableOf(name: string): FieldVariable {
  const known = NAMES.get(name)
  if (known !== undefined) return known
  const variable = `HTTP_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`
  const field = folded(name)
  const made = {
    name: variable,
    never: NEVER.has(variable),
    field,
    tellsOfUser: tellsOfUser(field),
    odd: /[^A-Za-z0-9-]/.test(name),
  }
  // A copy: a part of another text holds all of that in memory.
  if (NAMES.size < MOST_NAMES && name.length <= LONGEST_NAME) {
    NAMES.set(Buffer.from(name, 'latin1').toString('latin1'), made)
  }
  return made
}

import { HttpError } from '../../message/errors.ts'
import { listMembers } from '../../message/fields.ts'
import type { Headers } from '../../message/headers.ts'
import { folded } from '../../message/identity-fields.ts'
import type { Request } from '../../message/request.ts'
import type { FieldRules } from './field-rules.ts'

/** Our own name in Via (RFC 9110 §7.6.3): a pseudonym, which tells nothing of the machine. */
export const PSEUDONYM = 'oriel'
/** So often a request may have passed a server of this name: beyond, it goes round in a circle. */
const MOST_PASSAGES = 8
/** A member of Via that is ours, perhaps with a comment behind it. */
const OURS = new RegExp(`^\\S+[\\t ]+${PSEUDONYM}[\\t ]*(?:\\(|$)`, 'i')

/** The fields of a request that go on, as lines, and what of them the next line is about. */
export interface PassedFields {
  readonly lines: string
  /** The value of Via with ourselves in it. */
  readonly via: string
}

/**
 * The fields of a client's request that are passed on, in their order and case, repeated ones apart.
 * @throws HttpError 508 for a request that comes by for the ninth time.
 */
export function passedFields(request: Request, rules: FieldRules): PassedFields {
  return pass(request, rules, undefined)
}

function pass(request: Request, rules: FieldRules, except: ReadonlySet<string> | undefined): PassedFields {
  const fields = request.headers.fields()
  let lines = ''
  let via = ''
  let connection = ''
  /** The names that are not plainly spelled; nearly always none. */
  let odd: string[] | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    const rule = rules.of(name)
    if (rule === 'drop' || except?.has(name.toLowerCase()) === true) continue
    if (rule === 'pass') lines += `${name}: ${value}\r\n`
    else if (rule === 'connection') connection += `,${value}`
    else if (rule === 'via') via += `${value}, `
    else if (rule === 'max-forwards') lines += `${name}: ${hopsLeft(request, value)}\r\n`
    else {
      odd ??= []
      odd.push(name, value)
    }
  }
  const nominated = except === undefined && connection !== '' ? nominatedBy(connection) : undefined
  if (nominated !== undefined) return pass(request, rules, nominated)
  if (odd !== undefined) lines += oddLines(odd, request.headers)
  if (via !== '') checkPassages(via)
  return { lines, via: `${via}${request.version} ${PSEUDONYM}` }
}

/**
 * The options of Connection that go without saying. White space has one place each: with two that it could be shared out
 * to, a row of empty options would be tried in 2^n ways.
 */
const USUAL = /^(?:,[\t ]*(?:(?:keep-alive|close|upgrade|te)[\t ]*)?)+$/i

/** The fields that are of one connection because Connection says so (RFC 9110 §7.6.1). */
export function nominatedBy(connection: string): ReadonlySet<string> | undefined {
  if (USUAL.test(connection)) return undefined
  const names = connection.split(',').map((option) => option.trim().toLowerCase())
  return new Set(names)
}

/**
 * The fields with odd names that nobody can take for another one: of several that fold to one name none is passed, as the
 * client may mean to have one of them read in place of the other.
 */
function oddLines(odd: readonly string[], headers: Headers): string {
  const plain = new Map<string, Set<string>>()
  for (const [name] of headers.raw()) {
    const spellings = plain.get(folded(name)) ?? new Set()
    plain.set(folded(name), spellings.add(name.toLowerCase()))
  }
  let lines = ''
  for (let i = 0; i < odd.length; i += 2) {
    const name = odd[i] as string
    if (plain.get(folded(name))?.size === 1) lines += `${name}: ${odd[i + 1]}\r\n`
  }
  return lines
}

/** RFC 9110 §7.6.2: counted for OPTIONS and TRACE alone. @throws HttpError 400 for what is no number. */
function hopsLeft({ method }: Request, value: string): string {
  if (method !== 'OPTIONS' && method !== 'TRACE') return value
  if (!/^\d{1,9}$/.test(value)) throw new HttpError(400, { detail: 'Max-Forwards is no number.' })
  return String(Math.max(0, Number(value) - 1))
}

function checkPassages(via: string): void {
  const passages = listMembers(via).filter((member) => OURS.test(member))
  if (passages.length >= MOST_PASSAGES) {
    throw new HttpError(508, { code: 'loop', detail: 'This request goes round in a circle.' })
  }
}

import { isToken } from '../../message/fields.ts'
import { MalformedRequest } from './codes.ts'

/** What the fields of a request say (RFC 9113 §8.3.1), checked. One object may serve for all: it is filled anew. */
export class RequestFields {
  method = ''
  scheme = ''
  /** As `:authority` says, else Host; undefined where neither was there. */
  authority: string | undefined = undefined
  /** The path and query, or `*`; empty for CONNECT. */
  path = ''
  /** Name, value, name, value: the fields that are no pseudo-fields, Host first. */
  list: string[] = []
  /** The value of Content-Length, undefined where there was none. */
  contentLength: number | undefined = undefined
  /** The value of Expect, empty where there was none. */
  expect = ''
  /** Whether there was a field of RFC 9110 §13 or §14. */
  selective = false
}

/** In lower case as they must be (§8.2.1), and otherwise tokens, as everywhere (RFC 9110 §5.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** No control characters but tabs, and no white space at the ends, where HTTP/1 would not keep it (§8.2.1). */
const VALUE = /^(?![\t ])[\t\x20-\x7e\x80-\xff]*$/
/** Fields of a connection: what they say is said in other ways here (§8.2.2). */
const OF_A_CONNECTION = /^(?:connection|proxy-connection|keep-alive|transfer-encoding|upgrade)$/
const DIGITS = /^\d{1,15}$/
/** A query may come where a path must (RFC 9112 §3.2 has the same set): visible ASCII, no fragment. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/

/**
 * Takes the fields of a request apart and checks all that RFC 9113 §8.2 and §8.3 have a server check: else what passes
 * here could be two messages to an HTTP/1 server behind us.
 * @throws MalformedRequest
 */
export function readRequestFields(into: RequestFields, fields: readonly string[]): void {
  into.method = ''
  into.scheme = ''
  into.authority = undefined
  into.path = ''
  into.contentLength = undefined
  into.expect = ''
  into.selective = false
  const regularAt = readPseudoFields(into, fields)
  const list: string[] = ['host', '']
  let cookieAt = 0
  let host: string | undefined
  for (let i = regularAt; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    checkField(name, value)
    if (isSpecial(name)) {
      if (name === 'host') {
        if (host !== undefined) throw new MalformedRequest('Host is there twice')
        host = value
        continue
      }
      if (name === 'cookie') {
        // §8.2.3: a client may cut its cookies in pieces, so that they compress better.
        if (cookieAt > 0) {
          list[cookieAt] += `; ${value}`
          continue
        }
        cookieAt = list.length + 1
      } else note(into, name, value)
    }
    list.push(name, value)
  }
  if (into.authority === undefined) into.authority = host
  // §8.3.1: who looks at one and who looks at the other would see two requests.
  else if (host !== undefined && host !== into.authority) throw new MalformedRequest('Host is not what :authority is')
  list[1] = into.authority ?? ''
  into.list = into.authority === undefined ? list.slice(2) : list
}

/** Returns where the other fields begin. */
function readPseudoFields(into: RequestFields, fields: readonly string[]): number {
  let seen = 0
  let i = 0
  for (; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.charCodeAt(0) !== 58) break
    const value = fields[i + 1] as string
    const bit = name === ':method' ? 1 : name === ':scheme' ? 2 : name === ':path' ? 4 : name === ':authority' ? 8 : 0
    if (bit === 0) throw new MalformedRequest('a pseudo-field is not known')
    if ((seen & bit) !== 0) throw new MalformedRequest(`${name} is there twice`)
    seen |= bit
    if (bit === 1) into.method = value
    else if (bit === 2) into.scheme = value
    else if (bit === 4) into.path = value
    else into.authority = value
  }
  if (!isToken(into.method)) throw new MalformedRequest(':method is missing or no token')
  if (into.authority !== undefined && !VALUE.test(into.authority)) throw new MalformedRequest(':authority is malformed')
  const tunnel = into.method === 'CONNECT'
  // §8.5: a tunnel has nothing but the place that it leads to; all others have these three (§8.3.1).
  if (tunnel ? (seen & 14) !== 8 : (seen & 7) !== 7) throw new MalformedRequest('there are not the right pseudo-fields')
  if (!tunnel) checkTarget(into)
  return i
}

/** §8.3.1: the path of an http URI is not empty; `*` is for OPTIONS alone. */
function checkTarget({ method, path, scheme }: RequestFields): void {
  if (!TARGET.test(path) || !(path.charCodeAt(0) === 47 || (path === '*' && method === 'OPTIONS'))) {
    throw new MalformedRequest(':path is malformed')
  }
  if (!/^https?$/.test(scheme)) throw new MalformedRequest(':scheme is neither http nor https')
}

/** @throws MalformedRequest for a field that no message of HTTP/2 may have (§8.2). */
function checkField(name: string, value: string): void {
  if (!NAME.test(name)) throw new MalformedRequest('the name of a field is malformed, or a pseudo-field comes late')
  if (!VALUE.test(value) || isBlank(value.charCodeAt(value.length - 1))) {
    throw new MalformedRequest(`the value of ${name} is malformed`)
  }
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9
}

/** Only names of these lengths can be ones that must be known. */
function isSpecial(name: string): boolean {
  switch (name.length) {
    case 2:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 10:
    case 13:
    case 14:
    case 16:
    case 17:
    case 19:
      return true
    default:
      return false
  }
}

function note(into: RequestFields, name: string, value: string): void {
  if (name === 'content-length') {
    if (into.contentLength !== undefined || !DIGITS.test(value))
      throw new MalformedRequest('Content-Length is malformed')
    into.contentLength = Number(value)
  } else if (name === 'expect') into.expect = into.expect === '' ? value : `${into.expect}, ${value}`
  else if (name === 'range' || name.startsWith('if-')) into.selective = true
  else checkConnection(name, value)
}

/** @throws MalformedRequest for a field of one connection (§8.2.2). */
function checkConnection(name: string, value: string): void {
  if (name === 'te' ? value.toLowerCase() !== 'trailers' : OF_A_CONNECTION.test(name)) {
    throw new MalformedRequest(`${name} belongs to a connection of HTTP/1`)
  }
}

/**
 * Checks the fields behind a body (§8.1): fields of their own right, no pseudo-fields.
 * @throws MalformedRequest
 */
export function checkTrailers(fields: readonly string[]): void {
  for (let i = 0; i < fields.length; i += 2) {
    checkField(fields[i] as string, fields[i + 1] as string)
    checkConnection(fields[i] as string, fields[i + 1] as string)
  }
}

import { type FieldPlaces, fieldPlace, LONGEST_PLACED } from '../../message/field-places.ts'
import { COLON, CR, LF, SP, TARGET, TOKEN, VALUE } from './bytes.ts'
import { ProtocolError } from './errors.ts'

export interface HeadLimits {
  /** Bytes of the request line; more is 414. */
  readonly requestLine: number
  /** Bytes of the whole head; more is 431. */
  readonly head: number
  /** Field lines; more is 431. */
  readonly fields: number
}

export const DEFAULT_HEAD_LIMITS: HeadLimits = { requestLine: 8192, head: 16384, fields: 200 }

/** How a field concerns the reading of the message itself. Bits of `RequestHead.seen`. */
export const SEEN_HOST = 1
export const SEEN_CONTENT_LENGTH = 2
export const SEEN_TRANSFER_ENCODING = 4
export const SEEN_CONNECTION = 8
export const SEEN_EXPECT = 16
export const SEEN_UPGRADE = 32
/** A field of RFC 9110 §13 or §14. */
export const SEEN_SELECTIVE = 64

/**
 * A request head that was read: the parts that decide how the message is read, and its field lines as checked text.
 * One object may serve for all: it is filled anew for each request.
 */
export class RequestHead {
  method = ''
  target = ''
  /** The minor version: 0, or 1 for 1.1 and above (RFC 9110 §2.5). */
  minor = 1
  /** Which of the fields below were there, as bits. */
  seen = 0
  /** Host, and the values of the Connection lines joined by commas; empty where there was none. */
  host = ''
  connection = ''
  /** The values of all lines of a name, joined by commas. Only meant where `seen` tells that there was one. */
  contentLength = ''
  transferEncoding = ''
  expect = ''
  /** The field lines, each with its CRLF. */
  lines = ''
  /** Where each of them is: see `FieldPlaces`. New for each head. */
  places: FieldPlaces | undefined = undefined
  /** Where the head ends in the text that was read: the place of the first byte after it. */
  end = 0
}

/**
 * Reads a request head (RFC 9112 §2 to §5) from `bytes`, beginning at `at`; `text` is the same, one character a byte:
 * looking is cheaper in the one, cutting in the other. Returns whether it was complete; where it was not, call again
 * with more. Every byte is looked at once, and refused as soon as it comes:
 * bare CR or LF (§2.2), white space before the colon or a folded line (§5.1, §5.2), control bytes, and names that are
 * no token, for any of them is a way to make two readers see two messages.
 * @throws ProtocolError 400, 414, 431, 501 or 505.
 */
export function readRequestHead(
  head: RequestHead,
  bytes: Uint8Array,
  text: string,
  at: number,
  limits: HeadLimits,
): boolean {
  const size = bytes.length
  let i = at
  while (i < size && TOKEN[bytes[i] as number] === 1) i++
  if (i - at > limits.requestLine) throw tooLong()
  if (i === size) return withinLine(size - at, limits)
  if (i === at || bytes[i] !== SP) throw badLine()
  const targetAt = i + 1
  i = targetAt
  while (i < size && TARGET[bytes[i] as number] === 1) i++
  if (i - at > limits.requestLine) throw tooLong()
  if (i === size) return withinLine(size - at, limits)
  if (i === targetAt || bytes[i] !== SP) throw badLine()
  const versionAt = i + 1
  i = readVersion(head, text, versionAt)
  if (i < 0) return false
  const linesAt = i
  head.method = text.slice(at, targetAt - 1)
  head.target = text.slice(targetAt, versionAt - 1)
  // What an earlier head said, perhaps on another connection, must not speak for this one.
  head.seen = 0
  head.host = ''
  head.connection = ''
  return readFields(head, bytes, text, at, linesAt, limits)
}

/** The version and its CRLF; the place after them, or -1 where they are not complete. */
function readVersion(head: RequestHead, text: string, at: number): number {
  if (text.startsWith('HTTP/1.1\r\n', at)) {
    head.minor = 1
    return at + 10
  }
  const have = text.slice(at, at + 10)
  if (have.length < 10 && /^(?:$|H$|HT$|HTT$|HTTP(?:\/(?:\d(?:\.(?:\d(?:\r)?)?)?)?)?$)/.test(have)) return -1
  const m = /^HTTP\/(\d)\.(\d)\r\n/.exec(have)
  if (m === null) throw badLine()
  if (m[1] !== '1') throw new ProtocolError(505, 'http-version', `HTTP/${m[1]}.${m[2]} is not spoken here`)
  head.minor = m[2] === '0' ? 0 : 1
  return at + 10
}

function readFields(
  head: RequestHead,
  bytes: Uint8Array,
  text: string,
  at: number,
  linesAt: number,
  limits: HeadLimits,
): boolean {
  const size = bytes.length
  const places: number[] = []
  let i = linesAt
  for (;;) {
    if (i - at > limits.head) throw tooLarge()
    if (i === size) return false
    const nameAt = i
    if (bytes[i] === CR) {
      if (i + 1 === size) return false
      if (bytes[i + 1] !== LF) throw badField(i + 1 - at, limits)
      head.lines = text.slice(linesAt, i)
      head.places = i - linesAt > LONGEST_PLACED ? undefined : places
      head.end = i + 2
      if (head.end - at > limits.head) throw tooLarge()
      return true
    }
    while (i < size && TOKEN[bytes[i] as number] === 1) i++
    if (i === size) return withinHead(size - at, limits)
    if (i === nameAt || bytes[i] !== COLON) throw badField(i - at, limits)
    const colon = i++
    while (i < size && VALUE[bytes[i] as number] === 1) i++
    if (i === size) return withinHead(size - at, limits)
    if (bytes[i] !== CR) throw badField(i - at, limits)
    if (i + 1 === size) return withinHead(size - at, limits)
    if (bytes[i + 1] !== LF) throw badField(i + 1 - at, limits)
    if (places.push(fieldPlace(colon - nameAt, i + 2 - nameAt)) > limits.fields) throw tooLarge()
    note(head, text, nameAt, colon, i)
    i += 2
  }
}

/** Keeps what decides how the message is read. Most names are left alone after a look at their length. */
function note(head: RequestHead, text: string, nameAt: number, colon: number, end: number): void {
  switch (colon - nameAt) {
    case 4:
      if (named(text, nameAt, colon, 'host')) {
        if ((head.seen & SEEN_HOST) !== 0) throw new ProtocolError(400, 'host-repeated', 'Host is there twice')
        head.seen |= SEEN_HOST
        head.host = value(text, colon, end)
      }
      break
    case 5:
      if (named(text, nameAt, colon, 'range')) head.seen |= SEEN_SELECTIVE
      break
    case 6:
      if (named(text, nameAt, colon, 'expect')) {
        head.expect = joined(head, SEEN_EXPECT, head.expect, value(text, colon, end))
      }
      break
    case 7:
      if (named(text, nameAt, colon, 'upgrade')) head.seen |= SEEN_UPGRADE
      break
    case 8:
    case 13:
    case 19:
      if (isConditional(text, nameAt)) head.seen |= SEEN_SELECTIVE
      break
    case 10:
      if (named(text, nameAt, colon, 'connection')) {
        head.connection = joined(head, SEEN_CONNECTION, head.connection, value(text, colon, end))
      }
      break
    case 14:
      if (named(text, nameAt, colon, 'content-length')) {
        head.contentLength = joined(head, SEEN_CONTENT_LENGTH, head.contentLength, value(text, colon, end))
      }
      break
    case 17:
      if (isConditional(text, nameAt)) head.seen |= SEEN_SELECTIVE
      else if (named(text, nameAt, colon, 'transfer-encoding')) {
        head.transferEncoding = joined(head, SEEN_TRANSFER_ENCODING, head.transferEncoding, value(text, colon, end))
      }
      break
  }
}

/** If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, If-Range: all that begin with `If-`. */
function isConditional(text: string, at: number): boolean {
  return (text.charCodeAt(at) | 32) === 105 && (text.charCodeAt(at + 1) | 32) === 102 && text.charCodeAt(at + 2) === 45
}

function named(text: string, at: number, end: number, name: string): boolean {
  return (text.charCodeAt(at) | 32) === name.charCodeAt(0) && text.slice(at, end).toLowerCase() === name
}

function joined(head: RequestHead, bit: number, before: string, value: string): string {
  const first = (head.seen & bit) === 0
  head.seen |= bit
  return first ? value : `${before}, ${value}`
}

function value(text: string, colon: number, end: number): string {
  let from = colon + 1
  let to = end
  while (from < to && (text.charCodeAt(from) === SP || text.charCodeAt(from) === 9)) from++
  while (to > from && (text.charCodeAt(to - 1) === SP || text.charCodeAt(to - 1) === 9)) to--
  return text.slice(from, to)
}

function withinLine(size: number, limits: HeadLimits): false {
  if (size > limits.requestLine) throw tooLong()
  return false
}

function withinHead(size: number, limits: HeadLimits): false {
  if (size > limits.head) throw tooLarge()
  return false
}

function badLine(): ProtocolError {
  return new ProtocolError(400, 'request-line', 'the request line is malformed')
}

/** @param size How much of the head was good: past the limit, the first bytes alone would have been refused. */
function badField(size: number, limits: HeadLimits): ProtocolError {
  if (size > limits.head) return tooLarge()
  return new ProtocolError(400, 'field-line', 'a field line is malformed')
}

function tooLong(): ProtocolError {
  return new ProtocolError(414, 'request-line-limit', 'the request line is longer than limits.requestLine')
}

function tooLarge(): ProtocolError {
  return new ProtocolError(431, 'head-limit', 'the head has more bytes or fields than limits.head and limits.fields')
}

import { trimOws } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import { reasonPhrase } from '../../message/status.ts'
import { COLON, CR, LF, TOKEN, VALUE } from './bytes.ts'
import { ProtocolError } from './errors.ts'

/** Bytes that the head of an answer may have, its status line counted in. */
export const MAX_ANSWER_HEAD = 65536
/** Field lines that it may have. */
export const MAX_ANSWER_FIELDS = 200

/** Bytes in which nearly all heads end: so much is made a text in one go. */
const USUAL = 2048
/** `HTTP/1.1 200`, before the reason phrase. */
const STATUS_END = 12

const NO_FIELDS = new Headers()
const NOTHING: readonly string[] = []

/** The head of an answer (RFC 9112 §4, §5), and what it says of its framing and its connection. */
export class AnswerHead {
  status = 0
  /** The reason phrase; empty where it is the registered one. */
  statusText = ''
  /** All fields, as they came. */
  headers: Headers = NO_FIELDS
  /** The minor version: 0 or 1. */
  minor = 1
  /** The values of all lines of a name, joined by commas; undefined where there was none. */
  contentLength: string | undefined = undefined
  transferEncoding: string | undefined = undefined
  connection: string | undefined = undefined
  keepAlive: string | undefined = undefined
  /** Nothing is left out of a head: one with a line that is no field is refused. */
  readonly dropped: readonly string[] = NOTHING
}

/**
 * Reads heads of answers from bytes in any pieces. Refused is whatever two readers could read in two ways: bare CR or LF
 * (RFC 9112 §2.2), a folded line, white space before the colon (§5.1, §5.2), control bytes, names that are no token.
 */
export class AnswerHeadReader {
  #text = ''
  /** Where the first line begins that was not read. */
  #at = 0
  #list: string[] = []
  #head = new AnswerHead()

  /** Whether anything came of a head that is not complete. */
  get begun(): boolean {
    return this.#text !== ''
  }

  /**
   * Takes bytes from `at` on. Returns where behind the head the content begins, or -1 where more is needed.
   * @throws ProtocolError for what is no head, or too large a one.
   */
  take(bytes: Buffer, at: number): number {
    for (let from = at; from < bytes.byteLength; ) {
      const to = Math.min(bytes.byteLength, from + USUAL)
      const piece = bytes.toString('latin1', from, to)
      const before = this.#text.length
      this.#text += piece
      // Lines are read when they are complete, so that a head which comes byte by byte is looked at once.
      if (piece.includes('\n') && this.#readLines()) return from + this.#at - before
      if (this.#text.length > MAX_ANSWER_HEAD) throw tooLarge()
      from = to
    }
    return -1
  }

  /** The head that is complete; the reader begins anew. */
  finish(): AnswerHead {
    const head = this.#head
    head.headers = Headers.fromList(this.#list)
    this.#text = ''
    this.#at = 0
    this.#list = []
    this.#head = new AnswerHead()
    return head
  }

  /** Reads the lines that are complete. Returns whether the empty one was among them. */
  #readLines(): boolean {
    const text = this.#text
    if (this.#at === 0 && !this.#readStatusLine(text)) return false
    for (let i = this.#at; ; ) {
      const nameAt = i
      if (text.charCodeAt(i) === CR) {
        if (i + 1 === text.length) return false
        if (text.charCodeAt(i + 1) !== LF) throw badField()
        this.#at = i + 2
        if (this.#at > MAX_ANSWER_HEAD) throw tooLarge()
        return true
      }
      while (TOKEN[text.charCodeAt(i)] === 1) i++
      if (i === text.length) return false
      if (i === nameAt || text.charCodeAt(i) !== COLON) throw badField()
      const colon = i++
      while (VALUE[text.charCodeAt(i)] === 1) i++
      if (i + 1 >= text.length && (i === text.length || text.charCodeAt(i) === CR)) return false
      if (text.charCodeAt(i) !== CR || text.charCodeAt(i + 1) !== LF) throw badField()
      this.#field(text.slice(nameAt, colon), trimOws(text.slice(colon + 1, i)))
      i += 2
      this.#at = i
    }
  }

  /** §4. The space behind the status may be missing where no phrase follows: many leave it out, and nothing hangs on it. */
  #readStatusLine(text: string): boolean {
    const end = text.indexOf('\n') - 1
    if (end < 0) throw badLine()
    const head = this.#head
    if (text.startsWith('HTTP/1.0 ')) head.minor = 0
    else if (!text.startsWith('HTTP/1.1 ')) throw badLine()
    const status = (text.charCodeAt(9) - 48) * 100 + (text.charCodeAt(10) - 48) * 10 + text.charCodeAt(11) - 48
    if (!isDigit(text, 9) || !isDigit(text, 10) || !isDigit(text, 11) || status < 100 || status > 599) throw badLine()
    for (let i = STATUS_END; i < end; i++) if (VALUE[text.charCodeAt(i)] !== 1) throw badLine()
    if (text.charCodeAt(end) !== CR || (end > STATUS_END && text.charCodeAt(STATUS_END) !== 32)) throw badLine()
    head.status = status
    const phrase = trimOws(text.slice(STATUS_END + 1, end))
    head.statusText = phrase === reasonPhrase(status) ? '' : phrase
    this.#at = end + 2
    return true
  }

  #field(name: string, value: string): void {
    const list = this.#list
    list.push(name, value)
    if (list.length > 2 * MAX_ANSWER_FIELDS) throw tooLarge()
    const head = this.#head
    switch (name.length) {
      case 10:
        if (isNamed(name, 'connection')) head.connection = joined(head.connection, value)
        else if (isNamed(name, 'keep-alive')) head.keepAlive = joined(head.keepAlive, value)
        break
      case 14:
        if (isNamed(name, 'content-length')) head.contentLength = joined(head.contentLength, value)
        break
      case 17:
        if (isNamed(name, 'transfer-encoding')) head.transferEncoding = joined(head.transferEncoding, value)
        break
    }
  }
}

function isDigit(text: string, at: number): boolean {
  const c = text.charCodeAt(at)
  return c >= 48 && c <= 57
}

function isNamed(name: string, lower: string): boolean {
  return (name.charCodeAt(0) | 32) === lower.charCodeAt(0) && name.toLowerCase() === lower
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`
}

function badLine(): ProtocolError {
  return new ProtocolError(502, 'status-line', 'its status line is malformed')
}

function badField(): ProtocolError {
  return new ProtocolError(502, 'field-line', 'a field line is malformed')
}

function tooLarge(): ProtocolError {
  const limits = `${MAX_ANSWER_HEAD} bytes or ${MAX_ANSWER_FIELDS} fields`
  return new ProtocolError(502, 'head-limit', `its head has more than ${limits}`)
}

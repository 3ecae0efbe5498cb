import { checkFieldValue, isToken, trimOws } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'

/** The head of a program's answer (RFC 3875 §6.3), as it is: what is done with it is decided elsewhere. */
export interface CgiHead {
  /** 100 to 599; undefined where the program gave none. */
  readonly status: number | undefined
  /** The reason phrase that stood behind the status, or the empty text. */
  readonly statusText: string
  /** All fields but Status. */
  readonly headers: Headers
  /** Lines with a name that no field can have, which are left out. */
  readonly dropped: readonly string[]
  /** Of HTTP/1, in an answer that came by that: 0 or 1. */
  readonly minor?: number
}

/** What a program wrote is no head. The message is for the log: it may have words of the program in it. */
export class CgiFault extends Error {
  override readonly name: string = 'CgiFault'
}

/** Bytes that a head may have. */
export const MAX_HEAD = 65536

/** Bytes in which nearly all heads end: so much is looked at in one go. */
const USUAL = 2048

/** A head of nothing but fields, all of them as they should be (RFC 9110 §5.1, §5.5). */
const FLAWLESS = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r?\n)+\r?\n$/

const LF = 10
const CR = 13

/**
 * Reads the head of a program's answer from bytes in any pieces. Lines end with LF or CR LF, also mixed
 * (RFC 3875 §6.3.4: a server accepts both). The status line of an nph script is understood and is framed anew like any
 * other answer.
 */
export class CgiHeadReader {
  #text = ''
  #at: 'start' | 'cr' | 'line' = 'start'

  /** Whether anything came. */
  get begun(): boolean {
    return this.#text !== ''
  }

  /** The first line so far, for messages. */
  get firstLine(): string {
    return (this.#text.split(/\r?\n/, 1)[0] ?? '').slice(0, 100)
  }

  /**
   * Takes bytes. Returns where behind the head the content begins, or -1 where more is needed.
   * @throws CgiFault for a head that is too large.
   */
  take(bytes: Uint8Array, at: number = 0): number {
    if (this.#text === '') {
      const text = latin1(bytes, at, Math.min(bytes.byteLength, at + USUAL))
      const end = endOf(text)
      if (end > 0) {
        this.#text = text.slice(0, end)
        return at + end
      }
    }
    for (let i = at; i < bytes.byteLength; i++) {
      const c = bytes[i] as number
      if (c === LF) {
        if (this.#at !== 'line') {
          this.#keep(bytes, at, i + 1)
          return i + 1
        }
        this.#at = 'start'
      } else this.#at = c === CR && this.#at === 'start' ? 'cr' : 'line'
    }
    this.#keep(bytes, at, bytes.byteLength)
    return -1
  }

  /** The head that was read; the reader begins anew. @throws CgiFault where it is malformed. */
  parse(): CgiHead {
    const text = this.#text
    this.#text = ''
    this.#at = 'start'
    return parseHead(text)
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (this.#text.length + to - from > MAX_HEAD) throw new CgiFault(`its head has more than ${MAX_HEAD} bytes`)
    this.#text += latin1(bytes, from, to)
  }
}

/** Where behind the first empty line of a text the content begins; 0 where there is none. */
function endOf(text: string): number {
  for (let at = 0; at < text.length; ) {
    const first = text.charCodeAt(at)
    if (first === LF) return at + 1
    if (first === CR && text.charCodeAt(at + 1) === LF) return at + 2
    const end = text.indexOf('\n', at)
    if (end < 0) return 0
    at = end + 1
  }
  return 0
}

function parseHead(text: string): CgiHead {
  let status: number | undefined
  let statusText = ''
  const list: string[] = []
  const dropped: string[] = []
  const flawless = FLAWLESS.test(text)
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at)
    const end = text.charCodeAt(feed - 1) === CR ? feed - 1 : feed
    const start = at
    at = feed + 1
    if (end <= start) break
    if (start === 0 && text.startsWith('HTTP/')) {
      const nph = /^HTTP\/\d+(?:\.\d+)?[ \t]+(.*)$/.exec(text.slice(0, end))?.[1]
      if (nph !== undefined) {
        ;[status, statusText] = parseStatus(nph)
        continue
      }
    }
    const colon = text.indexOf(':', start)
    if (colon < 0 || colon > end)
      throw new CgiFault(`a line of its head has no colon: ${excerpt(text.slice(start, end))}`)
    const name = text.slice(start, colon)
    const value = trimOws(text.slice(colon + 1, end))
    if (name.length === 6 && name.toLowerCase() === 'status') {
      // The first one counts, as it does for Apache.
      if (status === undefined) [status, statusText] = parseStatus(value)
    } else if (flawless) list.push(name, value)
    else if (isToken(name)) list.push(name, checked(name, value))
    else dropped.push(excerpt(text.slice(start, end)))
  }
  if (list.length === 0 && status === undefined) throw new CgiFault('its head has no field')
  return { status, statusText, headers: Headers.fromList(list), dropped }
}

/** RFC 3875 §6.3.3. 101 is for those who take a connection over, and no program can. */
function parseStatus(value: string): [status: number, text: string] {
  if (value === '200') return [200, '']
  const match = /^(\d{3})(?:[ \t]+(.*))?$/.exec(value)
  const status = Number(match?.[1])
  if (match === null || status < 100 || status > 599 || status === 101) {
    throw new CgiFault(`its status is none: ${excerpt(value)}`)
  }
  return [status, checked('the reason phrase', trimOws(match[2] ?? ''))]
}

function checked(name: string, value: string): string {
  try {
    return checkFieldValue(name, value)
  } catch (cause) {
    throw new CgiFault((cause as Error).message, { cause })
  }
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 100 ? `${line.slice(0, 100)}…` : line)
}

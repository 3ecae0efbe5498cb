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
}

/** What a program wrote is no head. The message is for the log: it may have words of the program in it. */
export class CgiFault extends Error {
  override readonly name: string = 'CgiFault'
}

/** Bytes that a head may have. */
export const MAX_HEAD = 65536

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
    const lines = this.#text.split(/\r?\n/)
    this.#text = ''
    this.#at = 'start'
    return parseLines(lines.filter((line) => line !== ''))
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (this.#text.length + to - from > MAX_HEAD) throw new CgiFault(`its head has more than ${MAX_HEAD} bytes`)
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
  }
}

function parseLines(lines: readonly string[]): CgiHead {
  let status: number | undefined
  let statusText = ''
  const list: string[] = []
  const dropped: string[] = []
  const [first = ''] = lines
  const nph = /^HTTP\/\d+(?:\.\d+)?[ \t]+(.*)$/.exec(first)?.[1]
  if (nph !== undefined) [status, statusText] = parseStatus(nph)
  for (const line of nph === undefined ? lines : lines.slice(1)) {
    const colon = line.indexOf(':')
    if (colon < 0) throw new CgiFault(`a line of its head has no colon: ${excerpt(line)}`)
    const name = line.slice(0, colon)
    const value = trimOws(line.slice(colon + 1))
    if (name.toLowerCase() === 'status') {
      // The first one counts, as it does for Apache.
      if (status === undefined) [status, statusText] = parseStatus(value)
    } else if (isToken(name)) list.push(name, checked(name, value))
    else dropped.push(excerpt(line))
  }
  if (list.length === 0 && status === undefined) throw new CgiFault('its head has no field')
  return { status, statusText, headers: Headers.fromList(list), dropped }
}

/** RFC 3875 §6.3.3. 101 is for those who take a connection over, and no program can. */
function parseStatus(value: string): [status: number, text: string] {
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

function excerpt(line: string): string {
  return JSON.stringify(line.length > 100 ? `${line.slice(0, 100)}…` : line)
}

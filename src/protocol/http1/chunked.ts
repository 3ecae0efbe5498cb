import { CR, LF } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import { mayTrail } from './trailers.ts'

/** Bytes of one line that gives a chunk's size, its extensions included. */
const MAX_SIZE_LINE = 4096
/** Bytes of all chunk extensions of a body (RFC 9112 §7.1.1: a recipient limits them). */
const MAX_EXTENSIONS = 16384

/** Digits of a chunk's size; zeros before them count as extensions, for they too cost more than they say. */
const MAX_PADDED = 16

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"'
const EXTENSION = `[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED}))?`
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]+)((?:${EXTENSION})*)$`)
const TRAILER_LINE = new RegExp(`^(${TOKEN}):[\\t\\x20-\\x7e\\x80-\\xff]*$`)

export interface TrailerLimits {
  /** Bytes of the whole trailer section. */
  readonly head: number
  readonly fields: number
}

/**
 * Decodes a chunked body (RFC 9112 §7.1) from bytes that come in any pieces. Each step takes some bytes and may leave
 * content in `data`. Whatever is not exactly the grammar is refused: a lone CR or LF, a size that overflows, spaces
 * that no extension follows, a chunk without its CRLF.
 */
export class ChunkedDecoder {
  /** Content found by the last step: a part of the bytes that it was given. */
  data: Uint8Array | undefined
  /** Whether the last chunk and its trailer section were read. */
  done = false
  /** The trailer lines, each with its CRLF; fields that a trailer may not have are left out. */
  trailers = ''
  readonly #limits: TrailerLimits
  #state: 'size' | 'data' | 'data-end' | 'trailers' = 'size'
  #line = ''
  #left = 0
  #extensions = 0
  #trailerSize = 0
  #trailerCount = 0

  constructor(limits: TrailerLimits) {
    this.#limits = limits
  }

  /** Takes bytes from `at` on; returns where to go on. @throws ProtocolError 400, or 431 for too large a trailer section. */
  step(bytes: Uint8Array, at: number): number {
    this.data = undefined
    switch (this.#state) {
      case 'size':
        return this.#takeLine(bytes, at, MAX_SIZE_LINE, (line) => this.#sizeLine(line))
      case 'data': {
        const end = Math.min(bytes.byteLength, at + this.#left)
        this.data = bytes.subarray(at, end)
        this.#left -= end - at
        if (this.#left === 0) this.#state = 'data-end'
        return end
      }
      case 'data-end':
        return this.#takeLine(bytes, at, 0, () => {
          this.#state = 'size'
        })
      case 'trailers':
        return this.#takeLine(bytes, at, this.#limits.head, (line) => this.#trailerLine(line))
    }
  }

  /** Collects a line up to its CRLF, over as many pieces as it comes in. */
  #takeLine(bytes: Uint8Array, at: number, limit: number, use: (line: string) => void): number {
    let afterCr = this.#line.endsWith('\r')
    for (let i = at; i < bytes.byteLength; i++) {
      const c = bytes[i] as number
      if (afterCr) {
        if (c !== LF) throw bad('a CR without LF')
        const line = (this.#line + textOf(bytes, at, i)).slice(0, -1)
        this.#line = ''
        use(line)
        return i + 1
      }
      if (c === LF || c === 0 || c === 127 || (c < 32 && c !== CR && c !== 9))
        throw bad('a control character in a chunk')
      afterCr = c === CR
      if (!afterCr && this.#line.length + i - at >= limit) throw this.#tooLong()
    }
    this.#line += textOf(bytes, at, bytes.byteLength)
    return bytes.byteLength
  }

  #tooLong(): ProtocolError {
    if (this.#state === 'trailers') return tooManyTrailers()
    return bad(this.#state === 'data-end' ? 'no CRLF after a chunk' : 'a line is too long')
  }

  #sizeLine(line: string): void {
    const m = SIZE_LINE.exec(line)
    const digits = m?.[1]?.replace(/^0+(?=.)/, '')
    if (m === null || digits === undefined || digits.length > 13) throw bad('a chunk size is malformed')
    this.#extensions += (m[2]?.length ?? 0) + Math.max(0, (m[1]?.length ?? 0) - MAX_PADDED)
    if (this.#extensions > MAX_EXTENSIONS) throw bad('there are too many chunk extensions')
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
  }

  #trailerLine(line: string): void {
    if (line === '') {
      this.done = true
      return
    }
    this.#trailerSize += line.length + 2
    if (this.#trailerSize > this.#limits.head || ++this.#trailerCount > this.#limits.fields) {
      throw tooManyTrailers()
    }
    const name = TRAILER_LINE.exec(line)?.[1]
    if (name === undefined) throw bad('a trailer line is malformed')
    if (mayTrail(name)) this.trailers += `${line}\r\n`
  }
}

/** One character a byte. Lines are short, and making a Buffer costs more than a few characters. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > 16) return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] as number)
  return text
}

function bad(message: string): ProtocolError {
  return new ProtocolError(400, 'chunked', message)
}

function tooManyTrailers(): ProtocolError {
  return new ProtocolError(431, 'trailer-limit', 'the trailer section is larger than limits.head or limits.fields')
}

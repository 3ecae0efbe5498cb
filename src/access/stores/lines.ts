/**
 * A file of lines as Apache's (htpasswd, groups), in bytes: each character of a text here is one, so that whatever stands in
 * a line is written back as it was.
 */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without its end. */
  readonly text: string
  /** `\n`, `\r\n`, or nothing behind the last one. */
  readonly end: string
}

/** Most names, which need no closer look. */
const USUAL = /^[\w.@-]{1,255}$/
/** What some editors put at the start of a file. */
const BOM = '\xef\xbb\xbf'
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A fault of a file of passwords or groups: which file, which line, what to do. */
export class PasswordFileError extends Error {
  override readonly name: string = 'PasswordFileError'
  readonly path: string
  /** From 1; undefined where it is the whole file. */
  readonly line: number | undefined

  constructor(path: string, line: number | undefined, sentence: string, cause?: unknown) {
    super(`${path}${line === undefined ? '' : `:${line}`}: ${sentence}`, cause === undefined ? undefined : { cause })
    this.path = path
    this.line = line
  }
}

export function linesOf(bytes: Uint8Array): Line[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const lines: Line[] = []
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at)
    const next = found < 0 ? text.length : found + 1
    const whole = text.slice(at, next)
    const end = whole.endsWith('\r\n') ? '\r\n' : found < 0 ? '' : '\n'
    lines.push({ number: lines.length + 1, text: whole.slice(0, whole.length - end.length), end })
    at = next
  }
  return lines
}

/** What a line says: cut at its colons, without white space around. Undefined for comments and blank lines. */
export function fieldsOf({ number, text }: Line): string[] | undefined {
  const bare = trimmed(number === 1 && text.startsWith(BOM) ? text.slice(BOM.length) : text)
  return bare === '' || bare.startsWith('#') ? undefined : bare.split(':')
}

/** Without a pattern: on a long row of spaces one for their end takes its time for each of them. */
function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d
}

/** Bytes as text, or undefined where they are not UTF-8. */
export function textOf(bytes: string): string | undefined {
  if (USUAL.test(bytes)) return bytes
  try {
    return UTF8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return undefined
  }
}

/** A text as bytes. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Why a text cannot be a name in such a file, as the end of a sentence; undefined where it can be. */
export function wrongName(name: string): string | undefined {
  if (USUAL.test(name)) return undefined
  if (name === '') return 'is empty'
  if (/\p{Cc}/u.test(name)) return 'has a control character'
  if (/\p{Cs}/u.test(name)) return 'is no Unicode text'
  if (name.includes(':')) return 'has a colon, where the password would begin'
  if (name.startsWith('#')) return 'begins with #, as a comment does'
  if (name !== name.trim()) return 'begins or ends with white space'
  return Buffer.byteLength(name) > 255 ? 'is longer than 255 bytes' : undefined
}

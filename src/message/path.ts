/**
 * The canonical path: made once for each request, before router, guards, files and gateways see it, so that none of
 * them can read a path in another way than the others.
 *
 * Dot segments are removed (RFC 3986 §5.2.4), `//` becomes `/`, and every character has one spelling: those that may
 * stand in a path as they are (pchar, §3.3) are decoded, all others are percent-encoded in upper case. So `/a%21` and
 * `/a!` cannot be a guarded and an unguarded name of one file. `%2F` stays encoded and never becomes a separator.
 */

const SLASH = 47
const DOT = 46

/** 1 for what may stand in a canonical path as it is: pchar without `%`, and `/`. */
const PLAIN = new Uint8Array(128)
for (const c of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/")
  PLAIN[c.charCodeAt(0)] = 1

/**
 * The canonical form of a path as it came in a target, without its query.
 * Returns undefined for one that is refused with 400: not starting with `/`, with a malformed percent-encoding, or with
 * NUL or a backslash in any spelling (on some systems a separator, and never meant well).
 */
export function canonicalPath(path: string): string | undefined {
  if (path.charCodeAt(0) !== SLASH) return undefined
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === SLASH) {
      const next = path.charCodeAt(i + 1)
      if (next === SLASH || next === DOT) return rewritten(path)
    } else if (c > 127 || PLAIN[c] === 0) return rewritten(path)
  }
  return path
}

function rewritten(path: string): string | undefined {
  const spelled = respell(path)
  if (spelled === undefined) return undefined
  const kept: string[] = []
  const segments = spelled.split('/')
  const last = segments[segments.length - 1]
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  const directory = last === '' || last === '.' || last === '..'
  return kept.length === 0 ? '/' : `/${kept.join('/')}${directory ? '/' : ''}`
}

const UTF8 = new TextEncoder()

function respell(path: string): string | undefined {
  let out = ''
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === 37) {
      const octet = hexOctet(path, i + 1)
      if (octet < 0 || octet === 0 || octet === 92) return undefined
      out += octet !== SLASH && octet < 128 && PLAIN[octet] === 1 ? String.fromCharCode(octet) : percent(octet)
      i += 2
    } else if (c < 128 && PLAIN[c] === 1) {
      out += path[i]
    } else if (c === 0 || c === 92) {
      return undefined
    } else {
      const point = path.codePointAt(i) ?? c
      for (const octet of UTF8.encode(String.fromCodePoint(point))) out += percent(octet)
      if (point > 0xffff) i++
    }
  }
  return out
}

function percent(octet: number): string {
  return `%${octet < 16 ? '0' : ''}${octet.toString(16).toUpperCase()}`
}

function hexOctet(text: string, at: number): number {
  const digits = text.slice(at, at + 2)
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : -1
}

/**
 * The text that a part of a canonical path stands for. Returns undefined where its octets are no UTF-8, and where an
 * encoded slash would become a separator in a name.
 */
export function decodedPath(part: string): string | undefined {
  if (!part.includes('%')) return part
  if (part.includes('%2F')) return undefined
  return decodedText(part)
}

/** The text of one route parameter, where a decoded slash is an ordinary character. Undefined where it is no UTF-8. */
export function decodedText(part: string): string | undefined {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

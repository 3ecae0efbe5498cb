import { canonicalPath } from './path.ts'

/** What a request target says (RFC 9112 §3.2). */
export interface Target {
  /** The canonical path; `*` for the asterisk form, empty for the authority form. */
  readonly path: string
  /** The query with its `?`, or the empty text. */
  readonly search: string
  /** Host and port where the target names them; undefined in origin and asterisk form. */
  readonly authority: string | undefined
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i

/**
 * Takes a request target apart: origin form, absolute form, authority form for CONNECT alone, asterisk form for OPTIONS
 * alone. Returns undefined for anything else, and for a target with a fragment, which none has: answered 400.
 */
export function parseTarget(method: string, target: string): Target | undefined {
  if (target.charCodeAt(0) === 47 && method !== 'CONNECT') return originForm(target, undefined)
  if (method === 'CONNECT') return isHostAndPort(target) ? { path: '', search: '', authority: target } : undefined
  if (target === '*') return method === 'OPTIONS' ? { path: '*', search: '', authority: undefined } : undefined
  const absolute = ABSOLUTE.exec(target)
  const authority = absolute?.[1]
  // RFC 9110 §4.2.1: a URI without a host is invalid.
  if (absolute === null || authority === undefined || hostOf(authority) === '' || !isAuthority(authority))
    return undefined
  const rest = target.slice(absolute[0].length)
  // RFC 9112 §3.2.4: OPTIONS with an absolute form that has neither path nor query means `*`.
  if (rest === '' && method === 'OPTIONS') return { path: '*', search: '', authority }
  return originForm(rest.startsWith('/') ? rest : `/${rest}`, authority)
}

function originForm(target: string, authority: string | undefined): Target | undefined {
  if (target.includes('#')) return undefined
  const mark = target.indexOf('?')
  const path = canonicalPath(mark < 0 ? target : target.slice(0, mark))
  if (path === undefined) return undefined
  return { path, search: mark < 0 ? '' : target.slice(mark), authority }
}

/**
 * Whether a text is `uri-host [":" port]` (RFC 9110 §7.2), as Host must be: a name, an IPv4 or a bracketed IPv6
 * address, no user information. The empty text is allowed where there is no authority (RFC 9112 §3.2).
 */
export function isAuthority(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 127 || HOST[c] === 0) return SPECIAL_HOST.test(text)
    if (c === 58) return isPort(text, i + 1)
  }
  return true
}

function isPort(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 48 || c > 57) return false
  }
  return text.length - from <= 5
}

/** 1 for letters, digits, `-`, `.`, `_`, `~`, and the colon before the port. */
const HOST = new Uint8Array(128)
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:') HOST[c.charCodeAt(0)] = 1

/** IPv6 and later addresses, and names with percent-encodings or sub-delims (RFC 3986 §3.2.2), which are rare. */
const SPECIAL_HOST =
  /^(?:\[(?:[0-9A-Fa-f:.]+|v[0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::\d{0,5})?$/

function isHostAndPort(text: string): boolean {
  const m = /:(\d{1,5})$/.exec(text)
  return m !== null && Number(m[1]) <= 65535 && m.index > 0 && isAuthority(text)
}

/** The host of an authority in lower case, without its port and the dot at its end; brackets of IPv6 stay. */
export function hostOf(authority: string): string {
  const host = authority.replace(/:\d*$/, '').toLowerCase()
  return host.endsWith('.') ? host.slice(0, -1) : host
}

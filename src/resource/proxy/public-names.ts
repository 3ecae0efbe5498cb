import type { Connection } from '../../message/connection.ts'
import type { Request } from '../../message/request.ts'
import type { CookieOptions } from './options.ts'
import { publicPath } from './path.ts'

/** How a back end knows itself. */
export interface OwnNames {
  /** Its origins: `http://127.0.0.1:9000`. */
  readonly origins: readonly string[]
  /** What took the place of the mount. */
  readonly base: string | undefined
  readonly cookies: CookieOptions
}

/** The request that an answer belongs to, as its client knows it and as the back end saw it. */
export interface Named {
  readonly request: Request
  readonly connection: Connection
  /** The Host that it was sent. */
  readonly host: string
}

const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/i

/** A Location or Content-Location (RFC 9110 §10.2.2, §8.7) as the client must see it. */
export function publicLocation(value: string, own: OwnNames, named: Named): string {
  const { mount } = named.request
  if (value.startsWith('/') && !value.startsWith('//')) return publicPath(value, own.base, mount) ?? value
  const [, scheme = '', authority = '', rest = ''] = ABSOLUTE.exec(value) ?? []
  if (authority === '' || !isOwn(scheme.toLowerCase(), authority.toLowerCase(), own, named)) return value
  const path = publicPath(rest.startsWith('/') ? rest : `/${rest}`, own.base, mount)
  if (path === undefined) return value
  const { request, connection } = named
  return request.authority === '' ? path : `http${connection.secure ? 's' : ''}://${request.authority}${path}`
}

/** What stands before the address in a Refresh, `5; url=`, and the address. No two parts of either may have the same byte. */
const DELAY = /^[\d.]*[\t ]*[;,][\t ]*url[\t ]*=[\t ]*/i
const QUOTED = /^(["']?)([^"']*)(["']?)$/

/** `5; url=…`: not standard, and sent all the same. */
export function publicRefresh(value: string, own: OwnNames, named: Named): string {
  const delay = DELAY.exec(value)?.[0]
  if (delay === undefined) return value
  const [, open = '', url, close = ''] = QUOTED.exec(value.slice(delay.length)) ?? []
  return url === undefined ? value : `${delay}${open}${publicLocation(url, own, named)}${close}`
}

/** A Set-Cookie (RFC 6265 §4.1) whose Path and Domain are those that the client knows. */
export function publicCookie(value: string, own: OwnNames, named: Named): string {
  const { path, domain, secure } = own.cookies
  const parts = value.split(';')
  const kept = [parts[0] ?? '']
  let isSecure = false
  for (const part of parts.slice(1)) {
    const equals = part.indexOf('=')
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    const text = equals < 0 ? '' : part.slice(equals + 1).trim()
    if (name === 'secure') isSecure = true
    if (name === 'path') {
      if (path === undefined) kept.push(` Path=${cookiePath(text, own, named)}`)
    } else if (name === 'domain') {
      if (domain === undefined && !isOwnHost(text, own)) kept.push(part)
    } else kept.push(part)
  }
  if (path !== undefined) kept.push(` Path=${path}`)
  if (domain !== undefined && domain !== '') kept.push(` Domain=${domain}`)
  if (secure === true && !isSecure && named.connection.secure) kept.push(' Secure')
  return kept.join(';')
}

/** A cookie of the whole back end is one of all that is under the mount: with `/app/` it would not come to `/app`. */
function cookiePath(path: string, { base }: OwnNames, { request: { mount } }: Named): string {
  if (base === undefined || !path.startsWith('/')) return path
  const found = publicPath(path, base, mount) ?? path
  return found === '' ? '/' : found === `${mount}/` && mount !== '' ? mount : found
}

/**
 * Whether an address is that of the back end, as it knows it: the one that we have; the Host that it was sent, over the
 * scheme that it is spoken with, also with the port that it listens on, as nginx has it; or the one of the client, where
 * it looks at X-Forwarded-Proto.
 */
function isOwn(
  scheme: string,
  authority: string,
  { origins }: OwnNames,
  { host, request, connection }: Named,
): boolean {
  const origin = originOf(scheme, authority)
  if (origin === originOf(connection.secure ? 'https' : 'http', request.authority.toLowerCase())) return true
  for (const own of origins) {
    const [, ours = '', at = ''] = ABSOLUTE.exec(own) ?? []
    const sent = host.toLowerCase()
    const withPort = sent.replace(/:\d+$/, '') + (/:\d+$/.exec(at)?.[0] ?? '')
    if ([at, sent, withPort].some((name) => origin === originOf(ours, name))) return true
  }
  return false
}

function isOwnHost(domain: string, { origins }: OwnNames): boolean {
  const wanted = domain.replace(/^\./, '').toLowerCase()
  return origins.some((origin) => ABSOLUTE.exec(origin)?.[2]?.replace(/:\d+$/, '') === wanted)
}

function originOf(scheme: string, authority: string): string {
  return `${scheme}://${authority.replace(scheme === 'https' ? /:443$/ : /:80$/, '')}`
}

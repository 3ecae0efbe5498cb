import type { Connection } from '../../message/connection.ts'
import type { Failure } from '../../message/failure.ts'
import type { OwnIdentity } from '../../message/identity-fields.ts'
import { canonicalPath } from '../../message/path.ts'
import type { Request } from '../../message/request.ts'
import { addFieldVariables } from './field-variables.ts'
import { byteString, decodedOctets } from './octets.ts'

/** Which program is meant, and what of the path is for itself. All are byte strings. */
export interface Script {
  /** SCRIPT_NAME: the part of the path, decoded, that names the program. */
  readonly name: string
  /** PATH_INFO: the rest of the path, decoded; empty for none. */
  readonly pathInfo: string
  /** SCRIPT_FILENAME: the program's file, as the program's side sees it. */
  readonly filename?: string | undefined
  /** DOCUMENT_ROOT, as the program's side sees it. */
  readonly root?: string | undefined
}

export interface VariableOptions {
  /** Whether the program sees `Authorization`, with passwords; undefined: unless a guard used it. */
  readonly authorization: boolean | undefined
  /** What the site knows users by. */
  readonly identity?: OwnIdentity | undefined
  /** More variables, name, value, name, value: they take the place of others of their name. */
  readonly env: readonly string[]
}

/** What every request tells alike. */
const ALWAYS = ['GATEWAY_INTERFACE', 'CGI/1.1', 'SERVER_SOFTWARE', 'oriel', 'REDIRECT_STATUS', '200'] as const

/**
 * The variables of a request (RFC 3875 §4.1) and those beyond it that programs count on: name, value, name, value, byte
 * strings. REDIRECT_STATUS is what php-cgi asks for.
 * @param size Bytes of the content; undefined where the request has none.
 */
export function cgiVariables(
  request: Request,
  connection: Connection,
  script: Script,
  size: number | undefined,
  options: VariableOptions,
): string[] {
  const { search } = request
  const host = serverName(request, connection)
  const list: string[] = [
    ...ALWAYS,
    'SERVER_PROTOCOL',
    connection.protocol,
    'REQUEST_METHOD',
    request.method,
    'REQUEST_SCHEME',
    connection.secure ? 'https' : 'http',
    'REQUEST_URI',
    requestUri(request),
    'QUERY_STRING',
    search === '' ? '' : search.slice(1),
    'SCRIPT_NAME',
    script.name,
    'SERVER_NAME',
    host,
    'SERVER_PORT',
    String(serverPort(request, connection)),
    'REMOTE_ADDR',
    addressOf(connection.clientAddress),
  ]
  if (script.pathInfo !== '') {
    list.push('PATH_INFO', script.pathInfo)
    // RFC 3875 §4.1.6: only where there is a PATH_INFO.
    if (script.root !== undefined) list.push('PATH_TRANSLATED', script.root + script.pathInfo)
  }
  if (script.filename !== undefined) list.push('SCRIPT_FILENAME', script.filename)
  if (script.root !== undefined) list.push('DOCUMENT_ROOT', script.root, 'DOCUMENT_URI', script.name + script.pathInfo)
  if (connection.failure !== undefined) addFailure(list, connection.failure)
  addConnection(list, connection)
  addContent(list, request, size)
  const shown = options.authorization ?? connection.means?.usesAuthorization !== true
  addFieldVariables(list, request.headers, { authorization: !shown, identity: options.identity })
  // HTTP/2 has no Host field; programs ask for one (RFC 9113 §8.3.1).
  if (request.authority !== '' && !request.headers.has('host')) list.push('HTTP_HOST', request.authority)
  addUser(list, connection)
  for (let i = 0; i < options.env.length; i += 2) set(list, options.env[i] as string, options.env[i + 1] as string)
  return list
}

/** What the page of an error is told of it, by the names that Apache has for that (ErrorDocument). */
function addFailure(list: string[], { error, request }: Failure): void {
  const { path, search, method } = request
  set(list, 'REDIRECT_STATUS', String(error.status))
  list.push('REDIRECT_URL', decodedOctets(path), 'REDIRECT_REQUEST_METHOD', method)
  if (search !== '') list.push('REDIRECT_QUERY_STRING', search.slice(1))
  list.push('REDIRECT_ERROR_NOTES', byteString(error.message.replaceAll('\0', '')))
}

function addConnection(list: string[], connection: Connection): void {
  const { local, remote, tls } = connection
  if (local.port !== undefined) list.push('SERVER_ADDR', addressOf(local.address))
  // Behind a proxy the port is that of the proxy, and would be taken for the client's.
  if (remote.port !== undefined && remote.address === connection.clientAddress) {
    list.push('REMOTE_PORT', String(remote.port))
  }
  if (!connection.secure) return
  list.push('HTTPS', 'on')
  if (tls !== undefined) list.push('SSL_PROTOCOL', tls.protocol, 'SSL_CIPHER', tls.cipher)
}

/** RFC 3875 §4.1.2, §4.1.3. */
function addContent(list: string[], request: Request, size: number | undefined): void {
  if (size === undefined) return
  list.push('CONTENT_LENGTH', String(size))
  const type = request.headers.get('content-type')
  if (type !== null) list.push('CONTENT_TYPE', type)
}

/**
 * Who the guard let in, and what it said beside that: never anything that a client sent as it is. An Authorizer says who
 * may; which program runs, and what of the request it is told, is not for it to say.
 */
function addUser(list: string[], { user, variables, means }: Connection): void {
  if (variables !== undefined) {
    const made = list.length
    for (const [name, value] of Object.entries(variables)) {
      const variable = byteString(name)
      if (!isSaid(list, made, variable) && !RULES_PROGRAMS.test(variable)) set(list, variable, byteString(value))
    }
  }
  if (user === undefined) return
  set(list, 'REMOTE_USER', byteString(user.name))
  // RFC 3875 §4.1.1.
  if (means?.type !== undefined) set(list, 'AUTH_TYPE', byteString(means.type))
}

/** What programs and the system take for their configuration: HTTP_PROXY, LD_PRELOAD, PYTHONPATH. */
const RULES_PROGRAMS =
  /^(?:HTTP_PROXY|PATH|BASH_ENV|NODE_OPTIONS|PHP_(?:ADMIN_)?VALUE|PYTHON[A-Z]+|PERL5?(?:LIB|OPT)|RUBY(?:LIB|OPT)|(?:LD|DYLD)_.*)$/

function isSaid(list: readonly string[], length: number, name: string): boolean {
  for (let i = 0; i < length; i += 2) if (list[i] === name) return true
  return false
}

function set(list: string[], name: string, value: string): void {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] !== name) continue
    list[i + 1] = value
    return
  }
  list.push(name, value)
}

/** A dot segment in any spelling, and what Apache and others take for one; or what PHP's parse_url takes for a host. */
const READ_OTHERWISE = /^\/\/|(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?:\/|%2f|%5c|;|$)/i

/** In the path, not in the query. */
const ENCODED_SLASH = /^[^?]*%2f/i

/**
 * Whether the path, as the client sent it, has an encoded slash. Programs that decode REQUEST_URI, as front controllers
 * do, would find a path in it that no guard has seen: `/admin%2Fusers` is not under `/admin/*`.
 */
export function hasEncodedSlash({ target }: Request): boolean {
  return target.includes('%') && ENCODED_SLASH.test(target)
}

/**
 * The target as the client sent it, in origin form. One with dot segments, or with two slashes at its beginning, is given
 * as it was understood: a program that routes by it must not find another path than the guard did.
 */
function requestUri({ target }: Request): string {
  // What nothing of this can be about: nearly all targets.
  if (target.startsWith('/') && !target.includes('//') && !target.includes('.') && !target.includes('%')) return target
  const form = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)
  const origin = form === null ? target : target.slice(form[0].length)
  if (!origin.startsWith('/')) return origin.startsWith('?') || origin === '' ? `/${origin}` : origin
  const mark = origin.indexOf('?')
  const path = mark < 0 ? origin : origin.slice(0, mark)
  if (!READ_OTHERWISE.test(path)) return origin
  return (canonicalPath(path) ?? '/') + (mark < 0 ? '' : origin.slice(mark))
}

/** The host without its port, and without the brackets of an IPv6 address (RFC 3875 §4.1.14). */
function serverName({ authority }: Request, connection: Connection): string {
  const { local } = connection
  if (authority === '') return local.port === undefined ? 'localhost' : addressOf(local.address)
  if (authority.startsWith('[')) return authority.slice(1, authority.indexOf(']'))
  const colon = authority.indexOf(':')
  return colon < 0 ? authority : authority.slice(0, colon)
}

/** Always there (RFC 3875 §4.1.15): of a Unix socket the one that the client named, or the scheme's. */
function serverPort({ authority }: Request, { local, secure }: Connection): number {
  if (local.port !== undefined) return local.port
  const named = /:(\d{1,5})$/.exec(authority)?.[1]
  return named === undefined ? (secure ? 443 : 80) : Number(named)
}

/** An address as programs know it: an IPv4 one that came over IPv6 as itself, that of a Unix socket as nginx has it. */
function addressOf(address: string): string {
  if (address === '' || address.startsWith('/')) return 'unix:'
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/**
 * What a mounted program sees of the path: the mount is its name, the rest its own (RFC 3875 §4.1.13, §4.1.5). Undefined
 * where the path has an encoded slash: decoded, it would name what no guard has seen.
 */
export function mountedScript(request: Request): Script | undefined {
  if (request.path.includes('%2F')) return undefined
  return { name: decodedOctets(request.mount), pathInfo: decodedOctets(request.rest) }
}

import { HttpError } from '../../message/errors.ts'
import { isToken } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import type { IncomingBody, RequestParts } from '../../message/request.ts'
import { isAuthority, parseTarget } from '../../message/target.ts'
import { fieldNameOf } from './field-names.ts'

/** Control characters, by which a field or a head could be split. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/

/**
 * The variables of a request (RFC 3875 §4.1), as the program that was called by them understands them: the way back
 * from `cgiVariables`. What is not told by a variable of its own is a field.
 */
export class CalledBy {
  method = ''
  /** REMOTE_USER: who the web server let in; empty for nobody. */
  user = ''
  scriptName = ''
  contentType = ''
  secure = false
  #uri = ''
  #pathInfo = ''
  #query = ''
  #host = ''
  #serverName = ''
  #port = ''
  #length = ''
  #version = '1.1'
  #uniqueId: string | undefined
  #requestId: string | undefined
  #selective = false
  readonly #fields: string[] = []

  /**
   * @param variables Name, value, name, value; byte strings.
   * @throws HttpError 400 for a method, a length or a field that no request has.
   */
  constructor(variables: readonly string[]) {
    for (let i = 0; i < variables.length; i += 2) this.#take(variables[i] as string, variables[i + 1] as string)
    if (!isToken(this.method)) throw bad('method', 'The method is malformed.')
    if (this.#length !== '') {
      if (!/^\d{1,15}$/.test(this.#length)) throw bad('content-length', 'CONTENT_LENGTH is no number.')
      this.#fields.push('content-length', this.#length)
    }
    if (this.contentType !== '') this.#field('content-type', this.contentType)
  }

  /** CONTENT_LENGTH in bytes; undefined where it is not told, and the end of the input is the end of the content. */
  get size(): number | undefined {
    return this.#length === '' ? undefined : Number(this.#length)
  }

  /** What the web server calls the request: by itself, as Apache (mod_unique_id), or in X-Request-Id, as it is set up. */
  get requestId(): string | undefined {
    return this.#uniqueId ?? this.#requestId
  }

  /**
   * The request. Its target is REQUEST_URI, which is as the client sent it; where the web server does not tell it, the
   * path and the query that CGI knows.
   * @throws HttpError 400 for a target or a host that is none.
   */
  parts(body: IncomingBody | null): RequestParts {
    const target = this.#uri === '' ? this.#targetOfPath() : this.#uri
    const parsed = parseTarget(this.method, target)
    if (parsed === undefined) throw bad('target', 'The request target is malformed.')
    const host = this.#host === '' ? this.#server() : this.#host
    if (!isAuthority(host)) throw bad('host', 'Host is malformed.')
    return {
      method: this.method,
      target,
      path: parsed.path,
      search: parsed.search,
      version: this.#version,
      authority: parsed.authority ?? host,
      secure: this.secure,
      headers: Headers.fromList(this.#fields),
      body,
      selective: this.#selective,
    }
  }

  /** The lengths tell most names apart: comparing each with all of them would cost more than all the rest. */
  #take(name: string, value: string): void {
    if (name.charCodeAt(4) === 95 && name.startsWith('HTTP_')) return this.#httpField(name, value)
    switch (name.length) {
      case 5:
        if (name === 'HTTPS') this.secure = value !== '' && value.toLowerCase() !== 'off'
        return
      case 9:
        if (name === 'PATH_INFO') this.#pathInfo = value
        else if (name === 'UNIQUE_ID') this.#uniqueId = value
        return
      case 11:
        if (name === 'REQUEST_URI') this.#uri = value
        else if (name === 'SCRIPT_NAME') this.scriptName = value
        else if (name === 'SERVER_NAME') this.#serverName = value
        else if (name === 'SERVER_PORT') this.#port = value
        else if (name === 'REMOTE_USER') this.user = value
        return
      case 12:
        if (name === 'QUERY_STRING') this.#query = value
        else if (name === 'CONTENT_TYPE') this.contentType = value
        return
      case 14:
        if (name === 'REQUEST_METHOD') this.method = value
        // Caddy's word for content of unknown length.
        else if (name === 'CONTENT_LENGTH') this.#length = value === '-1' ? '' : value
        else if (name === 'REQUEST_SCHEME' && value === 'https') this.secure = true
        return
      case 15:
        if (name === 'SERVER_PROTOCOL') this.#version = versionOf(value)
    }
  }

  #httpField(variable: string, value: string): void {
    if (variable === 'HTTP_HOST') this.#host = value
    else if (variable === 'HTTP_X_REQUEST_ID') this.#requestId = value
    const name = fieldNameOf(variable)
    if (name !== '') this.#field(name, value)
  }

  /** The web server has checked it, or has not: a value that could split a message goes no further (RFC 9110 §5.5). */
  #field(name: string, value: string): void {
    if (CONTROL.test(value))
      throw bad('field-value', `The value of ${name} has a character that no field value may have.`)
    if (name === 'range' || name.startsWith('if-')) this.#selective = true
    this.#fields.push(name, value)
  }

  #targetOfPath(): string {
    const path = encodedPath(this.scriptName + this.#pathInfo)
    return `${path === '' ? '/' : path}${this.#query === '' ? '' : `?${this.#query}`}`
  }

  #server(): string {
    const name = this.#serverName.includes(':') ? `[${this.#serverName.replace(/[[\]]/g, '')}]` : this.#serverName
    return name === '' || this.#port === '' || this.#port === (this.secure ? '443' : '80')
      ? name
      : `${name}:${this.#port}`
  }
}

/**
 * The part of the canonical path that SCRIPT_NAME names: the mount. Empty where the path does not begin with it, as when
 * the web server has rewritten it.
 */
export function mountOf(scriptName: string, path: string): string {
  if (scriptName === '' || scriptName === '/') return ''
  const name = scriptName.endsWith('/') ? scriptName.slice(0, -1) : scriptName
  // What a canonical path begins with is encoded already, unless its `%` is the client's own.
  const mount = path.startsWith(name) && !name.includes('%') ? name : encodedPath(name)
  return path.startsWith(mount) && (path.length === mount.length || path.charCodeAt(mount.length) === 47) ? mount : ''
}

/** What may stand in a path as it is (RFC 3986 §3.3): a decoded path has a `%` only where the client meant one. */
const ENCODED = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g

function encodedPath(path: string): string {
  return path.replace(ENCODED, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

function versionOf(protocol: string): string {
  if (protocol === 'HTTP/1.1') return '1.1'
  const number = /^HTTP\/(\d)(?:\.(\d))?$/.exec(protocol)
  return number === null ? '1.1' : `${number[1]}.${number[2] ?? '0'}`
}

function bad(code: string, detail: string): HttpError {
  return new HttpError(400, { code, detail })
}

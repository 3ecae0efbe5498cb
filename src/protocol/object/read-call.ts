import type { AuthorizationRecord, ClientFacts, Means } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { type FieldPlaces, fieldPlace, LONGEST_PLACED } from '../../message/field-places.ts'
import { isToken } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import { type IncomingBody, NO_PARAMS, type Params, type RequestParts } from '../../message/request.ts'
import { isAuthority, parseTarget } from '../../message/target.ts'
import type { Variables } from '../../message/variables.ts'
import { CallFacts, readJson } from './call-facts.ts'
import {
  AUTHORITY,
  CALL,
  CONNECTION,
  CONTENT,
  MOUNT,
  OBJECT,
  PATH,
  REQUEST,
  ROUTE_PARAMS,
  SECURE,
  TIMEOUT,
  USER,
} from './names.ts'

/** Field lines of which each is what RFC 9112 §5 has: a caller is believed, but a line that is none would split a message. */
const FLAWLESS = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/
const LINE = /^(\S+) ([!-~\x80-\xff]+) HTTP\/(\d\.\d)$/

/** A call in the whole form, as the object server understands it. */
export class WholeCall {
  object = ''
  /** `info`, `log`, `authenticate`; empty for a request. */
  kind = ''
  /** Milliseconds for which the caller waits for the head of the answer; 0: for ever. */
  timeout = 0
  mount = ''
  /** Whether there is content of which only the end of the stream tells how long it is. */
  streamed = false
  method = 'GET'
  #target = '/'
  #version = '1.1'
  #lines = ''
  #path: string | undefined
  #authority: string | undefined
  #params = ''
  #secure = false
  #connection = ''
  #user = ''
  #facts: CallFacts | undefined
  #places: FieldPlaces | undefined
  #length: string | undefined
  #host = ''
  #selective = false

  /**
   * @param variables Name, value, name, value; byte strings.
   * @throws HttpError 400 for a request line, a field or a length that no request has.
   */
  constructor(variables: readonly string[]) {
    for (let i = 0; i < variables.length; i += 2) this.#take(variables[i] as string, variables[i + 1] as string)
    this.#note()
  }

  /** Bytes of content by Content-Length; undefined where only the end of the stream tells. */
  get size(): number | undefined {
    return this.#length === undefined ? undefined : Number(this.#length)
  }

  /** The request. @throws HttpError 400 for a target or a host that is none. */
  parts(body: IncomingBody | null): RequestParts {
    const target = parseTarget(this.method, this.#target)
    if (target === undefined) throw bad('target', 'The request target is malformed.')
    const authority = this.#authority ?? this.#host
    if (!isAuthority(authority)) throw bad('host', 'Host is malformed.')
    const routed = this.#path
    const mark = routed === undefined ? -1 : routed.indexOf('?')
    return {
      method: this.method,
      target: this.#target,
      path: routed === undefined ? target.path : mark < 0 ? routed : routed.slice(0, mark),
      search: routed === undefined ? target.search : mark < 0 ? '' : routed.slice(mark),
      version: this.#version,
      authority,
      secure: this.#secure,
      headers: Headers.fromLines(this.#lines, this.#places),
      body,
      selective: this.#selective,
    }
  }

  /** The parameters of the route at the caller. @throws HttpError 400 for what is no JSON. */
  get params(): Params {
    return this.#params === '' ? NO_PARAMS : (readJson(this.#params) as Params)
  }

  /** Who the guard let in, and by what. @throws HttpError 400 for what is no JSON. */
  get identity(): Identity | undefined {
    if (this.#user === '') return undefined
    const { name, groups = [], type, variables } = readJson(this.#user) as ToldUser
    return {
      user: name === undefined ? undefined : { name, groups },
      variables,
      means: type === undefined ? {} : { type },
    }
  }

  /** What is known of the client's connection, taken apart when somebody asks. */
  get facts(): CallFacts {
    this.#facts ??= new CallFacts(this.#connection, this.#secure)
    return this.#facts
  }

  /** The client where a trusted proxy stands between. */
  get client(): ClientFacts | undefined {
    return this.#connection.includes('"client"') ? this.facts.client : undefined
  }

  #take(name: string, value: string): void {
    switch (name) {
      case OBJECT:
        this.object = value
        break
      case REQUEST:
        this.#head(value)
        break
      case CONNECTION:
        this.#connection = value
        break
      case MOUNT:
        this.mount = value
        break
      case USER:
        this.#user = value
        break
      case TIMEOUT:
        this.timeout = /^\d{1,9}$/.test(value) ? Number(value) : 0
        break
      case PATH:
        if (!value.startsWith('/')) throw bad('path', `${PATH} is no path.`)
        this.#path = value
        break
      case AUTHORITY:
        this.#authority = value
        break
      case SECURE:
        this.#secure = value === 'on'
        break
      case ROUTE_PARAMS:
        this.#params = value
        break
      case CALL:
        this.kind = value
        break
      case CONTENT:
        this.streamed = value === 'stream'
    }
  }

  #head(text: string): void {
    const end = text.indexOf('\r\n')
    const line = LINE.exec(text.slice(0, Math.max(0, end)))
    if (line === null || !isToken(line[1] as string)) throw bad('request-line', 'The request line is malformed.')
    this.method = line[1] as string
    this.#target = line[2] as string
    this.#version = line[3] as string
    this.#lines = text.slice(end + 2)
    if (!FLAWLESS.test(this.#lines)) throw bad('field-line', 'A field line is malformed.')
  }

  /** Where the fields are, and what decides how the request is read. */
  #note(): void {
    const lines = this.#lines
    const places: number[] = []
    for (let at = 0; at < lines.length; ) {
      const colon = lines.indexOf(':', at)
      const end = lines.indexOf('\r\n', colon)
      places.push(fieldPlace(colon - at, end + 2 - at))
      this.#field(lines, at, colon, end)
      at = end + 2
    }
    if (lines.length <= LONGEST_PLACED) this.#places = places
  }

  #field(lines: string, at: number, colon: number, end: number): void {
    const first = lines.charCodeAt(at) | 32
    const size = colon - at
    if (first === 104 && size === 4) {
      if (lines.slice(at, colon).toLowerCase() === 'host') this.#host = lines.slice(colon + 1, end).trim()
    } else if (first === 99 && size === 14) {
      if (lines.slice(at, colon).toLowerCase() === 'content-length') this.#sized(lines.slice(colon + 1, end).trim())
    } else if (first === 114 && size === 5) {
      if (lines.slice(at, colon).toLowerCase() === 'range') this.#selective = true
    } else if (first === 105 && lines.charCodeAt(at + 2) === 45) this.#selective = true
  }

  #sized(value: string): void {
    if (!/^\d{1,15}$/.test(value) || (this.#length !== undefined && this.#length !== value)) {
      throw bad('content-length', 'Content-Length is no number.')
    }
    this.#length = value
  }
}

export interface Identity {
  readonly user: AuthorizationRecord | undefined
  readonly variables: Variables | undefined
  readonly means: Means
}

interface ToldUser {
  readonly name?: string
  readonly groups?: readonly string[]
  readonly type?: string
  readonly variables?: Variables
}

function bad(code: string, detail: string): HttpError {
  return new HttpError(400, { code, detail })
}

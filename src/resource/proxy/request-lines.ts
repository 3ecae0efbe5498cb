import type { AuthorizationRecord, Connection } from '../../message/connection.ts'
import { Headers } from '../../message/headers.ts'
import { folded, type OwnIdentity } from '../../message/identity-fields.ts'
import type { Request } from '../../message/request.ts'
import { byteString } from '../../protocol/cgi/octets.ts'
import { mayTrail } from '../../protocol/http1/trailers.ts'
import { authorityOf, basePath } from './addresses.ts'
import { clientLines, type Telling } from './client-facts.ts'
import { FieldRules } from './field-rules.ts'
import type { ForwardOptions } from './options.ts'
import { targetOf } from './path.ts'
import { passedFields } from './request-fields.ts'

/** What a back end is sent ahead of a content. */
export interface Lines {
  /** Request line and fields, each with its CRLF. */
  readonly text: string
  /** The Host among them. */
  readonly host: string
}

/** Fields that nobody sets: the wire does, or they have a key of their own. */
const NOT_SET =
  /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|expect|proxy-connection)$/i

/** Makes the head of a request that is forwarded, without what is of the connection and the framing. */
export class RequestLines {
  /** What takes the place of the mount. */
  readonly base: string | undefined
  readonly #rules: FieldRules
  /** The same where a guard has used Authorization. */
  readonly #guarded: FieldRules
  readonly #telling: Telling
  readonly #prefix: boolean
  readonly #via: boolean
  readonly #user: string | undefined
  readonly #groups: string | undefined
  readonly #set: string
  /** Undefined for what the client named. */
  readonly #host: string | undefined
  readonly #ownHost: string

  /**
   * @param origin Of the back end.
   * @param identity What the site knows users by.
   * @throws TypeError for a path, a field or a name that is none.
   */
  constructor(options: ForwardOptions, origin: string, identity?: OwnIdentity) {
    const { path, host = 'client', headers = {}, forwarded = true, user, groups, authorization } = options
    this.base = path === undefined ? undefined : basePath(path)
    const ours = new Set(Object.keys(headers).map(folded))
    const dropped = [...ours, ...[user, groups].filter((name) => name !== undefined)]
    const without = new FieldRules([...dropped, 'authorization'], identity)
    this.#rules = authorization === false ? without : new FieldRules(dropped, identity)
    this.#guarded = authorization === undefined ? without : this.#rules
    this.#telling = {
      common: forwarded === true || forwarded === 'x-forwarded',
      standard: forwarded === true || forwarded === 'forwarded',
      without: ours,
    }
    this.#prefix = this.#telling.common && !ours.has('x-forwarded-prefix')
    this.#via = !ours.has('via')
    this.#user = user === undefined || ours.has(folded(user)) ? undefined : user
    this.#groups = groups === undefined || ours.has(folded(groups)) ? undefined : groups
    this.#set = setLines(headers)
    this.#ownHost = authorityOf(origin)
    this.#host = host === 'client' ? undefined : host === 'upstream' ? this.#ownHost : host
  }

  /** @throws HttpError 400 for a path that could be another one there, 508 for a request that goes round in a circle. */
  of(request: Request, connection: Connection): Lines {
    const host = this.#host ?? (request.authority === '' ? this.#ownHost : request.authority)
    const { user, means } = connection
    const passed = passedFields(request, means?.usesAuthorization === true ? this.#guarded : this.#rules)
    let text = `${request.method} ${targetOf(request, this.base)} HTTP/1.1\r\nHost: ${host}\r\n${passed.lines}`
    text += clientLines(request, connection, this.#telling)
    if (this.#prefix && this.base !== undefined && request.mount !== '') {
      text += `X-Forwarded-Prefix: ${request.mount}\r\n`
    }
    if (this.#via) text += `Via: ${passed.via}\r\n`
    if (user !== undefined) text += this.#identityLines(user)
    return { text: text + this.#set, host }
  }

  #identityLines({ name, groups }: AuthorizationRecord): string {
    let lines = this.#user === undefined ? '' : userLine(this.#user, name)
    if (this.#groups !== undefined && groups.length > 0) {
      // A name with a comma in it would be two groups.
      lines += userLine(this.#groups, groups.filter((group) => !group.includes(',')).join(', '))
    }
    return lines
  }

  /** The fields behind the content of a request that a back end may see: the rules are those of the head. */
  trailers(given: Headers | undefined): Headers | undefined {
    if (given === undefined) return undefined
    const kept = new Headers()
    for (const [name, value] of given.raw()) {
      if (this.#rules.of(name) === 'pass' && mayTrail(name)) kept.append(name, value)
    }
    return kept
  }
}

/** @throws TypeError for a field that nobody sets, or that is none. */
function setLines(headers: Readonly<Record<string, string | false>>): string {
  const fields = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (NOT_SET.test(name)) throw new TypeError(`headers cannot say what ${name} is`)
    if (value !== false) fields.append(name, byteString(value))
  }
  let lines = ''
  for (const [name, value] of fields.raw()) lines += `${name}: ${value}\r\n`
  return lines
}

/** Control characters in a name would end the field; a name that has them is nobody's. */
function userLine(field: string, name: string): string {
  const value = byteString(name)
  return /^[\x20-\x7e\x80-\xff]*$/.test(value) ? `${field}: ${value}\r\n` : ''
}

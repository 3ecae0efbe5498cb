import type { Call, CallOver, Content } from '../gateway/call.ts'
import type { Connection } from '../message/connection.ts'
import type { OwnIdentity } from '../message/identity-fields.ts'
import type { Request } from '../message/request.ts'
import { authorizerVariables } from '../protocol/cgi/authorizer-variables.ts'
import { cgiVariables, mountedScript } from '../protocol/cgi/variables.ts'
import type { RoleName } from '../protocol/fastcgi/codes.ts'
import { nameValue } from '../protocol/fastcgi/name-values.ts'
import { CONTENT, OBJECT } from '../protocol/object/names.ts'
import { type Asking, wholeForm } from '../protocol/object/write-call.ts'

const STREAMED = nameValue(CONTENT, 'stream')

/** Told in which form an object server took a call. */
export interface FormNoted {
  whole: boolean | undefined
}

/** A request to an object, written down in the form that its server turns out to understand. */
export class ObjectCall implements Call {
  readonly request: Request
  readonly connection: Connection
  readonly content: Content | undefined
  readonly role: RoleName
  readonly lines: undefined
  readonly data: undefined
  /** Whether it is only asked who may: what it says ahead of its answer is not for the client. */
  readonly asked: boolean
  tried: Set<unknown> | undefined
  over: ((how: CallOver) => void) | undefined
  /** Whether it was written down in the whole form: of several servers each takes its own. */
  isWhole = false
  readonly #asking: Asking
  readonly #noted: FormNoted
  readonly #identity: OwnIdentity | undefined

  constructor(
    asking: Asking,
    request: Request,
    connection: Connection,
    content: Content | undefined,
    noted: FormNoted,
    identity?: OwnIdentity,
    role: RoleName = 'Responder',
  ) {
    this.request = request
    this.connection = connection
    this.content = content
    this.role = role
    this.lines = undefined
    this.data = undefined
    this.asked = role === 'Authorizer'
    this.tried = undefined
    this.over = undefined
    this.#asking = asking
    this.#noted = noted
    this.#identity = identity
  }

  get whole(): string {
    this.#noted.whole = true
    this.isWhole = true
    const pairs = wholeForm(this.#asking, this.request, this.connection)
    // It may begin before the first byte of it comes: a client may wait for that.
    return this.content !== undefined && this.content.size === undefined ? pairs + STREAMED : pairs
  }

  /** As any other FastCGI application has them. */
  get variables(): readonly string[] {
    this.#noted.whole = false
    this.isWhole = false
    const { request, connection, content } = this
    const env = [OBJECT, this.#asking.object]
    if (this.asked) return authorizerVariables(request, connection, env, { identity: this.#identity })
    const script = mountedScript(request) ?? { name: '', pathInfo: '' }
    const size = content?.size ?? (request.headers.has('content-length') ? 0 : undefined)
    return cgiVariables(request, connection, script, size, { authorization: undefined, identity: this.#identity, env })
  }
}

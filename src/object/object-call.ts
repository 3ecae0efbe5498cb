import type { Call, Content } from '../gateway/call.ts'
import type { Connection } from '../message/connection.ts'
import type { OwnIdentity } from '../message/identity-fields.ts'
import type { Request } from '../message/request.ts'
import { cgiVariables, mountedScript } from '../protocol/cgi/variables.ts'
import type { RoleName } from '../protocol/fastcgi/codes.ts'
import { OBJECT } from '../protocol/object/names.ts'
import { type Asking, wholeForm } from '../protocol/object/write-call.ts'

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
  tried: Set<unknown> | undefined
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
    this.tried = undefined
    this.#asking = asking
    this.#noted = noted
    this.#identity = identity
  }

  get whole(): string {
    this.#noted.whole = true
    this.isWhole = true
    return wholeForm(this.#asking, this.request, this.connection)
  }

  /** As any other FastCGI application has them. */
  get variables(): readonly string[] {
    this.#noted.whole = false
    this.isWhole = false
    const { request, connection, content } = this
    const script = mountedScript(request) ?? { name: '', pathInfo: '' }
    const size = content?.size ?? (request.headers.has('content-length') ? 0 : undefined)
    const env = [OBJECT, this.#asking.object]
    return cgiVariables(request, connection, script, size, { authorization: undefined, identity: this.#identity, env })
  }
}

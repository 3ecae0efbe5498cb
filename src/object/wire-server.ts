import type { Content, Open } from '../gateway/call.ts'
import { arriving, spooled } from '../gateway/content.ts'
import { exchange } from '../gateway/exchange.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import type { OwnIdentity } from '../message/identity-fields.ts'
import type { Reply } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { wholeForm } from '../protocol/object/write-call.ts'
import { objectReply } from './answer.ts'
import { ask, authenticated, described } from './asking.ts'
import { type FormNoted, ObjectCall } from './object-call.ts'
import { permissionOf } from './permission.ts'
import type { ObjectServer, Permission, ServerInfo } from './server.ts'

/** How long objects are waited for by default, in milliseconds: an answer may go on for as long as it likes. */
export const OBJECT_TIMEOUTS: GatewayTimeouts = { firstByte: 30_000, idle: 60_000, total: 0 }

export interface WireOptions {
  /** What people know it by: its binding handle. */
  readonly handle: string
  readonly open: Open
  readonly timeouts?: Partial<GatewayTimeouts> | undefined
  /** What the site knows users by: clients do not say it. */
  readonly identity?: OwnIdentity | undefined
}

/** Objects of another process, whoever started it: `command:`, `fastcgi:`. */
export class WireServer implements ObjectServer, FormNoted {
  readonly handle: string
  /** Whether it understands more than FastCGI and CGI; undefined before it was called. */
  whole: boolean | undefined
  readonly #open: Open
  readonly #settings: { readonly timeouts: GatewayTimeouts; readonly name: string }
  readonly #identity: OwnIdentity | undefined

  constructor({ handle, open, timeouts, identity }: WireOptions) {
    this.handle = handle
    this.whole = undefined
    this.#open = open
    this.#settings = { timeouts: { ...OBJECT_TIMEOUTS, ...timeouts }, name: handle }
    this.#identity = identity
  }

  call(object: string, request: Request, connection: Connection): Reply {
    const { body } = request
    if (body === null) return this.#call(object, request, connection, undefined)
    // Without its length only an object server that is known to understand it can be sent it as it comes.
    if (body.declared !== undefined || this.whole === true) {
      return this.#call(object, request, connection, arriving(body))
    }
    return this.#arriving(object, request, connection)
  }

  async #arriving(object: string, request: Request, connection: Connection): Promise<Awaited<Reply>> {
    const { body } = request
    // Whoever has answered to this has said what it understands.
    if (this.whole === undefined) await this.info(1000).catch(() => undefined)
    const content =
      body === null ? undefined : this.whole === true ? arriving(body) : spooled(body, connection.exchange)
    return this.#call(object, request, connection, await content)
  }

  #call(object: string, request: Request, connection: Connection, content: Content | undefined): Reply {
    const asking = { object, timeout: this.#settings.timeouts.firstByte }
    const call = new ObjectCall(asking, request, connection, content, this, this.#identity)
    return exchange(this.#open, call, this.#settings).then((answer) =>
      objectReply(answer, request, this.whole === true),
    )
  }

  /** What it would be told of a request, if it understands more than CGI: name, value, name, value; byte strings. */
  variables(object: string, request: Request, connection: Connection): readonly string[] {
    return wholeForm({ object, timeout: this.#settings.timeouts.firstByte }, request, connection)
  }

  authorize(
    object: string,
    who: AuthorizationRecord | undefined,
    request: Request,
    connection: Connection,
  ): Promise<Permission> {
    const asking = { object, timeout: this.#settings.timeouts.firstByte, who }
    const call = new ObjectCall(asking, request, connection, undefined, this, this.#identity, 'Authorizer')
    return exchange(this.#open, call, this.#settings).then((answer) => permissionOf(answer, request, connection))
  }

  async authenticate(object: string, name: string, password: string): Promise<AuthorizationRecord> {
    const content = JSON.stringify({ name, password })
    return authenticated(ask(this.#open, this.#settings, { kind: 'authenticate', object, content }))
  }

  async log(object: string, lines: string): Promise<void> {
    await ask(this.#open, this.#settings, { kind: 'log', object, content: lines })
  }

  info(timeout: number): Promise<ServerInfo> {
    const timeouts = { firstByte: timeout, idle: timeout, total: timeout }
    const settings = { ...this.#settings, timeouts }
    return described(ask(this.#open, settings, { kind: 'info', object: 'info', content: '' }, this))
  }
}

import { type Content, GatewayFault, type Open } from '../gateway/call.ts'
import { arriving, spooled } from '../gateway/content.ts'
import { type ExchangeOptions, exchange } from '../gateway/exchange.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { OwnIdentity } from '../message/identity-fields.ts'
import type { Reply } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
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
  readonly #settings: ExchangeOptions
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
    const { deadline } = connection
    const settings = deadline === undefined ? this.#settings : this.#until(deadline)
    if (settings === undefined) {
      content?.close()
      throw new HttpError(504, { code: 'deadline', cause: new GatewayFault(`${this.handle}: nobody waits any more`) })
    }
    const asking = { object, timeout: settings.timeouts.firstByte }
    const call = new ObjectCall(asking, request, connection, content, this, this.#identity)
    return exchange(this.#open, call, settings).then((answer) => objectReply(answer, request, this.whole === true))
  }

  /** No longer than whoever asked waits; undefined where that time is up. */
  #until(deadline: number): ExchangeOptions | undefined {
    const { timeouts, name } = this.#settings
    const left = Math.ceil(deadline - Date.now())
    if (left <= 0) return undefined
    if (timeouts.firstByte > 0 && timeouts.firstByte <= left) return this.#settings
    return { timeouts: { ...timeouts, firstByte: left }, name }
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

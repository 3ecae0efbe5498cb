import { type Content, GatewayFault, type Upstream } from '../gateway/call.ts'
import { arriving, spooled } from '../gateway/content.ts'
import { type ExchangeOptions, exchange } from '../gateway/exchange.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import { permission } from '../gateway/permission.ts'
import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { Report } from '../message/exchange.ts'
import type { OwnIdentity } from '../message/identity-fields.ts'
import type { Reply, Variables } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { wholeForm } from '../protocol/object/write-call.ts'
import { objectReply } from './answer.ts'
import { ask, authenticated, described } from './asking.ts'
import type { Calling } from './calling.ts'
import { type FormNoted, ObjectCall } from './object-call.ts'
import { ObjectExchange } from './object-exchange.ts'
import type { ObjectServer, ServerInfo } from './server.ts'

/** How long objects are waited for by default, in milliseconds: an answer may go on for as long as it likes. */
export const OBJECT_TIMEOUTS: GatewayTimeouts = { firstByte: 30_000, idle: 60_000, total: 0 }

export interface WireOptions {
  /** What people know it by: its binding handle. */
  readonly handle: string
  readonly upstream: Pick<Upstream, 'open' | 'quick'>
  readonly timeouts?: Partial<GatewayTimeouts> | undefined
  /** What the site knows users by: clients do not say it. */
  readonly identity?: OwnIdentity | undefined
  /** Told of what its processes write to their standard error while they are asked what is no request. */
  readonly report?: Report | undefined
}

/** Objects of another process, whoever started it: `command:`, `fastcgi:`. */
export class WireServer implements ObjectServer, FormNoted {
  readonly handle: string
  /** Whether it understands more than FastCGI and CGI; undefined before it was called. */
  whole: boolean | undefined
  readonly #calling: Calling
  readonly #quick: Upstream['quick']

  constructor({ handle, upstream, timeouts: given, identity, report }: WireOptions) {
    this.handle = handle
    this.whole = undefined
    this.#quick = upstream.quick
    const timeouts = { ...OBJECT_TIMEOUTS, ...given }
    const settings = { timeouts, name: handle, report }
    this.#calling = { open: upstream.open, settings, timeout: timeouts.firstByte, identity, noted: this }
  }

  call(object: string, request: Request, connection: Connection): Reply {
    const { body } = request
    if (body === null) return this.#small(object, request, connection)
    // Without its length only an object server that is known to understand it can be sent it as it comes.
    if (body.declared !== undefined || this.whole === true) {
      return this.#call(object, request, connection, arriving(body))
    }
    return this.#arriving(object, request, connection)
  }

  /** Quickly, where that can be. */
  #small(object: string, request: Request, connection: Connection): Reply {
    const quick = this.#quick
    if (quick === undefined || this.whole !== true || request.method !== 'GET' || connection.deadline !== undefined) {
      return this.#call(object, request, connection, undefined)
    }
    return new Promise((resolve, reject) => {
      if (quick(new ObjectExchange(this.#calling, object, request, connection, resolve, reject))) return
      resolve(this.#call(object, request, connection, undefined))
    })
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
    const { open, identity } = this.#calling
    const { deadline } = connection
    const settings = deadline === undefined ? this.#calling.settings : this.#until(deadline)
    if (settings === undefined) {
      content?.close()
      throw new HttpError(504, { code: 'deadline', cause: new GatewayFault(`${this.handle}: nobody waits any more`) })
    }
    const asking = { object, timeout: settings.timeouts.firstByte }
    const call = new ObjectCall(asking, request, connection, content, this, identity)
    return exchange(open, call, settings).then((answer) => objectReply(answer, request, call.isWhole))
  }

  /** No longer than whoever asked waits; undefined where that time is up. */
  #until(deadline: number): ExchangeOptions | undefined {
    const { settings } = this.#calling
    const { firstByte } = settings.timeouts
    const left = Math.ceil(deadline - Date.now())
    if (left <= 0) return undefined
    if (firstByte > 0 && firstByte <= left) return settings
    return { ...settings, timeouts: { ...settings.timeouts, firstByte: left } }
  }

  /** What it would be told of a request, if it understands more than CGI, as name-value pairs; a byte string. */
  told(object: string, request: Request, connection: Connection): string {
    return wholeForm({ object, timeout: this.#calling.timeout }, request, connection)
  }

  authorize(
    object: string,
    who: AuthorizationRecord | undefined,
    request: Request,
    connection: Connection,
  ): Promise<Variables> {
    const { open, settings, timeout, identity } = this.#calling
    const call = new ObjectCall({ object, timeout, who }, request, connection, undefined, this, identity, 'Authorizer')
    return permission(open, call, settings, (answer) => objectReply(answer, request, call.isWhole))
  }

  async authenticate(object: string, name: string, password: string): Promise<AuthorizationRecord> {
    const content = JSON.stringify({ name, password })
    return authenticated(ask(this.#calling.open, this.#calling.settings, { kind: 'authenticate', object, content }))
  }

  async log(object: string, lines: string): Promise<void> {
    await ask(this.#calling.open, this.#calling.settings, { kind: 'log', object, content: lines })
  }

  info(timeout: number): Promise<ServerInfo> {
    const timeouts = { firstByte: timeout, idle: timeout, total: timeout }
    const settings = { ...this.#calling.settings, timeouts }
    return described(ask(this.#calling.open, settings, { kind: 'info', object: 'info', content: '' }, this))
  }
}

import { fastCgiUpstream } from '../gateway/fastcgi/backends.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { Resource } from '../message/dispatch.ts'
import { HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import { toResponse } from '../message/fetch.ts'
import { Request, type RequestInit } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import { checkObjectName } from '../protocol/object/names.ts'
import { parseHandle } from './handle.ts'
import { WireServer } from './wire-server.ts'

export interface BindOptions {
  /** How long is waited, in milliseconds; 0 for ever. */
  readonly timeouts?: Partial<GatewayTimeouts>
}

/** A call of a bound object: a request, or what one is made of as in Fetch. */
export type Call = (request: Request | string | URL, connectionOrInit?: Connection | RequestInit) => Promise<Response>

/** An object of another process, as if it were here: each method is a call. Also a resource, for a route. */
export class BoundObject extends Resource {
  override readonly GET: Call = (request, more) => this.#call('GET', request, more)
  override readonly HEAD: Call = (request, more) => this.#call('HEAD', request, more)
  override readonly POST: Call = (request, more) => this.#call('POST', request, more)
  override readonly PUT: Call = (request, more) => this.#call('PUT', request, more)
  override readonly PATCH: Call = (request, more) => this.#call('PATCH', request, more)
  override readonly DELETE: Call = (request, more) => this.#call('DELETE', request, more)
  override readonly OPTIONS: Call = (request, more) => this.#call('OPTIONS', request, more)
  readonly #server: WireServer
  readonly #object: string

  constructor(server: WireServer, object: string) {
    super()
    this.#server = server
    this.#object = object
  }

  async #call(method: string, given: Request | string | URL, more: Connection | RequestInit = {}): Promise<Response> {
    const connection = more instanceof Connection ? more : new Connection(NOWHERE, new Exchange(), 'HTTP/1.1')
    const init = more instanceof Connection ? {} : more
    const request = typeof given === 'string' || given instanceof URL ? requestOf(method, given, init) : given
    const asked = request.method === method ? request : request.with({ method })
    const response = toResponse(await this.#server.call(this.#object, asked, connection))
    if (response === undefined)
      throw new HttpError(404, { detail: `${this.#object} declined, or sent the request elsewhere` })
    return response
  }
}

/**
 * An object that some process publishes, to be called directly: no web server between (ILU: the object of a String Binding
 * Handle). What the object throws as an HttpError is thrown here too.
 * @param handle What `publish` prints: `fastcgi:unix:/run/paul.sock`.
 * @throws TypeError for what is no such handle, or no name of an object.
 */
export function bind(handle: string, object: string, { timeouts }: BindOptions = {}): BoundObject {
  const parsed = parseHandle(handle)
  if (parsed.kind !== 'fastcgi') throw new TypeError(`${handle} is not for others to call: bind takes fastcgi:ADDRESS`)
  const upstream = fastCgiUpstream({ address: parsed.address, objects: true })
  return new BoundObject(new WireServer({ handle, upstream, timeouts }), checkObjectName(object))
}

const NOWHERE: SocketFacts = {
  remote: { address: '', port: undefined },
  local: { address: '', port: undefined },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve(''),
}

/** A path is one of nowhere in particular. */
function requestOf(method: string, target: string | URL, init: RequestInit): Request {
  return new Request(new URL(target, 'http://localhost/'), { ...init, method })
}

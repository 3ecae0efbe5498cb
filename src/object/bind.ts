import { fastCgiUpstream } from '../gateway/fastcgi/backends.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import { branded, HTTP_ERROR, REQUEST } from '../message/brands.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { Resource } from '../message/dispatch.ts'
import { HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import { toResponse } from '../message/fetch.ts'
import type { Answer } from '../message/interface.ts'
import { Request, type RequestInit } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import { checkObjectName } from '../protocol/object/names.ts'
import { parseHandle } from './handle.ts'
import { WireServer } from './wire-server.ts'

export interface BindOptions {
  /** How long is waited, in milliseconds; 0 for ever. 30000 for the head of an answer, 60000 for each piece of it. */
  readonly timeouts?: Partial<GatewayTimeouts>
}

/** What is asked: a path or a URL, with the rest as in Fetch; or a request of one's own. */
export type Asked = Request | string | URL

/** A method of a bound object. With a connection it is called as a resource is: for whom that belongs to. */
export interface Call {
  (request: Request, connection: Connection): Promise<Answer>
  (request: Asked, init?: RequestInit): Promise<Response>
}

/**
 * An object of another process, as if it were here: each method is a call. Also a resource, for a route. The content of an
 * answer is read or cancelled, as with fetch: until then it holds its connection.
 */
export class BoundObject extends Resource {
  override readonly GET: Call = this.#method('GET')
  override readonly HEAD: Call = this.#method('HEAD')
  override readonly POST: Call = this.#method('POST')
  override readonly PUT: Call = this.#method('PUT')
  override readonly PATCH: Call = this.#method('PATCH')
  override readonly DELETE: Call = this.#method('DELETE')
  override readonly OPTIONS: Call = this.#method('OPTIONS')
  readonly #server: WireServer
  readonly #object: string

  constructor(server: WireServer, object: string) {
    super()
    this.#server = server
    this.#object = object
  }

  /** Calls it by any method: that of the request, or of `init`. @throws HttpError, as the object threw it or 502 to 504. */
  async call(asked: Asked, init: RequestInit = {}): Promise<Response> {
    const request = requestOf(asked, init)
    try {
      const response = toResponse(await this.#server.call(this.#object, request, fromHere()))
      if (response !== undefined) return response
    } catch (error) {
      throw inWords(error)
    }
    throw new HttpError(404, { detail: `${this.#object} declined, or sent the request elsewhere` })
  }

  #method(method: string): Call {
    const call = async (asked: Asked, more: Connection | RequestInit = {}): Promise<Answer> => {
      if (!isConnection(more)) return this.call(asked, { ...more, method })
      const request = asked as Request
      const own = request.method === method ? request : request.with({ method })
      return this.#server.call(this.#object, own, more)
    }
    return call as Call
  }
}

/**
 * An object that some process publishes, to be called directly: no web server between (ILU: the object of a String Binding
 * Handle). What the object throws as an HttpError is thrown here too. Nothing has to be closed: connections that rest
 * hold no process open.
 * @param handle What `publish` prints: `fastcgi:unix:/run/paul.sock`.
 * @param object Its name: `echo`.
 * @throws TypeError for what is no such handle, or no name of an object.
 */
export function bind(handle: string, object: string, { timeouts }: BindOptions = {}): BoundObject {
  const parsed = parseHandle(handle)
  if (parsed.kind !== 'fastcgi') throw new TypeError(`${handle} is not for others to call: bind takes fastcgi:ADDRESS`)
  if (typeof object === 'string' && object.includes('@')) {
    throw new TypeError(`${object} names an object of a site: bind takes the name alone, ${object.replace(/@.*/s, '')}`)
  }
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

function fromHere(): Connection {
  return new Connection(NOWHERE, new Exchange(), 'HTTP/1.1')
}

/** Of any copy of this package. */
function isConnection(value: Connection | RequestInit): value is Connection {
  return 'socket' in value && 'exchange' in value
}

/** A path is one of nowhere in particular. @throws TypeError for what is none of the three. */
function requestOf(asked: Asked, init: RequestInit): Request {
  if (typeof asked === 'string' || asked instanceof URL) return new Request(new URL(asked, 'http://localhost/'), init)
  if (!branded(asked, REQUEST)) {
    throw new TypeError(
      'a bound object is asked by a path, a URL or a Request of oriel: give fetch-like ones as (url, init)',
    )
  }
  return init.method === undefined || init.method === asked.method ? asked : asked.with({ method: init.method })
}

/** What went wrong on the way, which only the log of a server tells otherwise. */
function inWords(error: unknown): unknown {
  const { status, code, detail, cause } = error as HttpError
  if (!branded(error, HTTP_ERROR) || detail !== undefined || !(cause instanceof Error)) return error
  return new HttpError(status, { ...(code !== undefined && { code }), detail: cause.message, cause })
}

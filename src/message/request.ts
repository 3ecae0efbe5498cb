import { parseCookie } from 'cookie'
import { type Body, type BodyInit, isAsyncIterable, knownSize, readAll, toBody, toBytes, typeOf } from './body.ts'
import { brand, REQUEST } from './brands.ts'
import { HttpError } from './errors.ts'
import { Form } from './form.ts'
import { Headers, type HeadersInit } from './headers.ts'
import { Lifetime } from './lifetime.ts'
import { canonicalPath } from './path.ts'

/** The content of a request as it arrives. Reading it a second time is a TypeError. */
export interface IncomingBody extends AsyncIterable<Uint8Array> {
  /** Whether somebody began to read. */
  readonly used: boolean
  /** The size in bytes that Content-Length gives; undefined for chunked. */
  readonly declared: number | undefined
  /** The most bytes that may be read; past it reading throws an HttpError 413. */
  limit: number
  /** The trailer fields, once the body was read to its end (RFC 9110 §6.5). */
  readonly trailers: Headers | undefined
}

/** What a front door knows of a request when its head was read. */
export interface RequestParts {
  readonly method: string
  /** As the client sent it: origin, absolute, authority or asterisk form (RFC 9112 §3.2). */
  readonly target: string
  /** The canonical path; `*` for OPTIONS *, empty for CONNECT. */
  readonly path: string
  /** The query with its `?`, or the empty text. */
  readonly search: string
  /** 1.0, 1.1 or 2.0 */
  readonly version: string
  /** Host and port as the client named them; empty where it did not. */
  readonly authority: string
  readonly secure: boolean
  readonly headers: Headers
  readonly body: IncomingBody | null
  /** Whether there is a field of RFC 9110 §13 or §14, where the front door saw that while it read the head. */
  readonly selective?: boolean
}

export interface RequestInit {
  readonly method?: string
  readonly headers?: HeadersInit
  readonly body?: BodyInit
  readonly signal?: AbortSignal
}

export type Params = Readonly<Record<string, string>>

/** The parameters of a route that has none. */
export const NO_PARAMS: Params = Object.freeze(Object.create(null) as Params)

/** A request, in the shape of Fetch's Request, and what that cannot say. Everything costly is made when asked for. */
export class Request {
  readonly method: string
  readonly target: string
  readonly path: string
  readonly search: string
  readonly version: string
  readonly authority: string
  readonly secure: boolean
  readonly headers: Headers
  readonly body: IncomingBody | null
  /** Whether the client asks for a part, or for an answer only if something changed (RFC 9110 §13, §14). @internal */
  readonly selective: boolean
  /** The literal part of the route's pattern before its `*`, without a slash at its end. */
  mount: string
  /** The parameters of the route, decoded. */
  params: Params
  #lifetime: Lifetime | undefined
  #query: URLSearchParams | undefined
  #cookies: Readonly<Record<string, string>> | undefined

  /** Front doors give the parts; programs a URL, as in Fetch. @throws TypeError for a URL or a path that is none. */
  constructor(from: RequestParts | string | URL, init: RequestInit = {}) {
    const parts = typeof from === 'string' || from instanceof URL ? partsOf(new URL(from), init) : from
    this.method = parts.method
    this.target = parts.target
    this.path = parts.path
    this.search = parts.search
    this.version = parts.version
    this.authority = parts.authority
    this.secure = parts.secure
    this.headers = parts.headers
    this.body = parts.body
    this.selective = parts.selective ?? hasSelectiveField(parts.headers)
    this.mount = ''
    this.params = NO_PARAMS
    this.#lifetime = undefined
    this.#query = undefined
    this.#cookies = undefined
    if (init.signal !== undefined) follow(init.signal, this)
  }

  /**
   * The absolute URL (RFC 9110 §7.1), of the canonical path: what a program takes from it must be the path that was
   * routed and guarded, and others take `/a//../b` for `/a/b`. As the client sent it, it is in `target`.
   */
  get url(): string {
    const authority = this.authority === '' ? 'localhost' : this.authority
    return `http${this.secure ? 's' : ''}://${authority}${this.path}${this.search}`
  }

  /** The canonical path behind the mount: what a mounted resource takes as its own path. */
  get rest(): string {
    return this.path.slice(this.mount.length)
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search)
    return this.#query
  }

  /** The cookies, decoded (RFC 6265 §5.4). */
  get cookies(): Readonly<Record<string, string>> {
    this.#cookies ??= parseCookie(this.headers.get('cookie') ?? '') as Readonly<Record<string, string>>
    return this.#cookies
  }

  /** Aborted when the client goes before it has the whole answer. */
  get signal(): AbortSignal {
    return this.#life().signal
  }

  /** Whether somebody began to read the body. */
  get bodyUsed(): boolean {
    return this.body?.used ?? false
  }

  /** The trailer fields, once the body was read to its end; else empty. */
  get trailers(): Headers {
    return this.body?.trailers ?? new Headers()
  }

  async bytes(): Promise<Uint8Array> {
    return readAll(this.body)
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await readAll(this.body)
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await readAll(this.body))
  }

  /** @throws HttpError 400 where the body is no JSON. */
  async json(): Promise<unknown> {
    try {
      return JSON.parse(await this.text())
    } catch (cause) {
      if (cause instanceof SyntaxError) throw new HttpError(400, { detail: 'The body is not JSON.', cause })
      throw cause
    }
  }

  /** The form in the body: awaited, all of it; iterated, part by part as it arrives. */
  formData(): Form {
    return new Form(this.headers, this.body)
  }

  /**
   * The same request with something changed, for middleware. The signal stays the same one, and so does the body unless
   * it is taken away, with the fields that tell of it.
   * @throws TypeError for a path that does not begin with `/`.
   */
  with(changes: { method?: string; path?: string; headers?: HeadersInit; body?: null }): Request {
    const parts = { ...partsFrom(this) }
    if (changes.method !== undefined) parts.method = changes.method
    if (changes.headers !== undefined) parts.headers = new Headers(changes.headers)
    if (changes.path !== undefined) Object.assign(parts, pathParts(changes.path))
    if (changes.body === null && parts.body !== null) {
      parts.body = null
      parts.headers = new Headers(parts.headers)
      for (const name of OF_THE_BODY) parts.headers.delete(name)
    }
    const made = new Request(parts)
    made.mount = this.mount
    made.params = this.params
    made.#lifetime = this.#life()
    return made
  }

  /**
   * Calls when the client has gone, at once where it has already. Cheaper than `signal`, which stays unmade.
   * @internal
   */
  onAbort(call: (reason: Error) => void): void {
    this.#life().onAbort(call)
  }

  /** Told by the front door when the client has gone. @internal */
  abort(reason: Error): void {
    this.#life().abort(reason)
  }

  #life(): Lifetime {
    this.#lifetime ??= new Lifetime()
    return this.#lifetime
  }
}

brand(Request, REQUEST)

function follow(signal: AbortSignal, request: Request): void {
  const abort = (): void => request.abort(signal.reason as Error)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
}

/** The fields of a request that tell of its content (RFC 9110 §8). */
const OF_THE_BODY = [
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'transfer-encoding',
  'expect',
  'trailer',
]
const SELECTIVE = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range']

function hasSelectiveField(headers: Headers): boolean {
  return SELECTIVE.some((name) => headers.has(name))
}

type OpenParts = { -readonly [K in keyof RequestParts]: RequestParts[K] }

function partsFrom(request: Request): OpenParts {
  const { method, target, path, search, version, authority, secure, headers, body } = request
  return { method, target, path, search, version, authority, secure, headers, body }
}

function partsOf(url: URL, init: RequestInit): OpenParts {
  const { headers, body } = givenContent(init)
  if (!headers.has('host')) headers.append('Host', url.host)
  return {
    method: init.method ?? 'GET',
    target: url.pathname + url.search,
    version: '1.1',
    authority: url.host,
    secure: url.protocol === 'https:',
    headers,
    body,
    ...pathParts(url.pathname + url.search),
  }
}

function pathParts(target: string): { path: string; search: string } {
  const mark = target.indexOf('?')
  const path = canonicalPath(mark < 0 ? target : target.slice(0, mark))
  if (path === undefined) throw new TypeError(`${JSON.stringify(target)} is no path`)
  return { path, search: mark < 0 ? '' : target.slice(mark) }
}

/** Fields and body that a program gave. The fields say of the body what it says of itself. */
export function givenContent(init: RequestInit): { headers: Headers; body: IncomingBody | null } {
  const headers = new Headers(init.headers)
  const given = init.body ?? null
  const body = givenBody(toBody(given))
  const type = typeOf(given)
  if (type !== undefined && !headers.has('content-type')) headers.append('Content-Type', type)
  if (body?.declared !== undefined && !headers.has('content-length'))
    headers.append('Content-Length', String(body.declared))
  return { headers, body }
}

/** A body that a program gave, read as one that arrives. */
export function givenBody(body: Body): IncomingBody | null {
  if (body === null) return null
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const given = {
    used: false,
    declared: knownSize(bytes),
    limit: Number.POSITIVE_INFINITY,
    trailers: undefined,
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
      if (given.used) throw new TypeError('the body of this request was read already')
      given.used = true
      let size = 0
      for await (const chunk of isAsyncIterable(bytes) ? bytes : [bytes]) {
        const read = toBytes(chunk)
        size += read.byteLength
        if (size > given.limit) throw new HttpError(413)
        yield read
      }
    },
  }
  return given
}

import { branded, RESPONSE } from './brands.ts'
import { HttpError } from './errors.ts'
import { Headers } from './headers.ts'
import type { FetchResponse, Handler } from './interface.ts'
import type { Request } from './request.ts'
import { Response } from './response.ts'

/** What Hono, h3 and many others export: one function over the platform's own Request and Response. */
export interface FetchApp {
  fetch(request: globalThis.Request): FetchResponse | Promise<FetchResponse>
}

/** The handler of an application that wants the platform's own objects. */
export function fetchAppHandler(app: FetchApp): Handler {
  return (request) => app.fetch(toFetchRequest(request))
}

/**
 * The platform's Request for one of ours. Costs about 5 µs and more.
 * @throws HttpError 501 for a method that cannot be said in it, 400 for a host that can stand in no URL.
 */
export function toFetchRequest(request: Request): globalThis.Request {
  const { method, url } = request
  if (/^(?:TRACE|TRACK|CONNECT)$/i.test(method)) throw unsayable(method)
  if (!URL.canParse(url)) throw new HttpError(400, { detail: 'The Host is none that a URL can have.' })
  const headers = new globalThis.Headers()
  for (const [name, value] of request.headers.raw()) headers.append(name, value)
  const init: {
    method: string
    headers: globalThis.Headers
    signal: AbortSignal
    body?: ReadableStream
    duplex?: 'half'
  } = {
    method,
    headers,
    signal: request.signal,
  }
  if (request.body !== null && method !== 'GET' && method !== 'HEAD') {
    init.body = ReadableStream.from(request.body)
    init.duplex = 'half'
  }
  const made = new globalThis.Request(url, init as globalThis.RequestInit)
  // The platform writes `get` in capitals, but that is another method (RFC 9110 §9.1), and not the one that was guarded.
  if (made.method !== method) throw unsayable(method)
  return made
}

function unsayable(method: string): HttpError {
  return new HttpError(501, { detail: `${method} is not possible here.` })
}

/** Whether a value is the platform's Response, or another library's in its shape. */
export function isFetchResponse(value: unknown): value is FetchResponse {
  if (value === null || typeof value !== 'object' || branded(value, RESPONSE)) return false
  const like = value as Partial<FetchResponse>
  return typeof like.status === 'number' && typeof like.headers?.get === 'function' && 'body' in like
}

/** Our Response for the platform's; each Set-Cookie stays a field of its own. */
export function fromFetchResponse(from: FetchResponse): Response {
  const headers = new Headers()
  from.headers.forEach((value, name) => {
    if (name !== 'set-cookie') headers.append(name, value)
  })
  for (const cookie of from.headers.getSetCookie()) headers.append('set-cookie', cookie)
  return new Response(from.body as AsyncIterable<Uint8Array> | null, {
    status: from.status,
    statusText: from.statusText,
    headers,
  })
}

/** Whoever answered, the answer as ours; undefined for a value that is none. */
export function toResponse(answer: unknown): Response | undefined {
  if (branded(answer, RESPONSE)) return answer as Response
  return isFetchResponse(answer) ? fromFetchResponse(answer) : undefined
}

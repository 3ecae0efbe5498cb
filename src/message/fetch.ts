import { branded, RESPONSE } from './brands.ts'
import { Headers } from './headers.ts'
import type { FetchResponse, Handler } from './interface.ts'
import type { Request } from './request.ts'
import { Response } from './response.ts'

/** What Hono, h3 and many others export: one function over the platform's own Request and Response. */
export interface FetchApp {
  fetch(request: globalThis.Request): FetchResponse | Promise<FetchResponse>
}

/** The handler of an application that wants the platform's own objects. */
export function fetchHandler(app: FetchApp): Handler {
  return (request) => app.fetch(toFetchRequest(request))
}

/** The platform's Request for one of ours. Costs about 5 µs and more; TRACE and CONNECT cannot be said in it. */
export function toFetchRequest(request: Request): globalThis.Request {
  const headers = new globalThis.Headers()
  for (const [name, value] of request.headers.raw()) headers.append(name, value)
  const init: {
    method: string
    headers: globalThis.Headers
    signal: AbortSignal
    body?: ReadableStream
    duplex?: 'half'
  } = {
    method: request.method,
    headers,
    signal: request.signal,
  }
  if (request.body !== null && request.method !== 'GET' && request.method !== 'HEAD') {
    init.body = ReadableStream.from(request.body)
    init.duplex = 'half'
  }
  return new globalThis.Request(request.url, init as globalThis.RequestInit)
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

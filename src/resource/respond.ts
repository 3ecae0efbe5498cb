import { Headers, type HeadersInit } from '../message/headers.ts'
import type { Handler } from '../message/interface.ts'
import { Response } from '../message/response.ts'

export interface RespondOptions {
  readonly status?: number
  readonly headers?: HeadersInit
  readonly body?: string
}

/** The same answer to every request, whatever its method. */
export function respond(options: RespondOptions | string): Handler {
  const { status = 200, body = null, headers } = typeof options === 'string' ? { body: options } : options
  const fields = new Headers(headers)
  if (body !== null && !fields.has('content-type')) fields.append('Content-Type', guess(body))
  return () => new Response(body, { status, headers: fields })
}

function guess(body: string): string {
  return /^\s*<(?:!doctype|html)/i.test(body) ? 'text/html;charset=utf-8' : 'text/plain;charset=utf-8'
}

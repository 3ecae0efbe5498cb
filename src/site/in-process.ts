import { cancelBody, knownSize } from '../message/body.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { Exchange, type Report } from '../message/exchange.ts'
import { givenContent, Request, type RequestInit } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import { isBodiless } from '../message/status.ts'
import { parseTarget } from '../message/target.ts'
import { defaultPage } from './error-page.ts'

const NOWHERE: SocketFacts = {
  remote: { address: '127.0.0.1', port: undefined },
  local: { address: '127.0.0.1', port: undefined },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve('localhost'),
}

/** What is asked. */
interface Answering {
  readonly report: Report | undefined
  handle(request: Request, connection: Connection): Response | Promise<Response>
  finished(request: Request, connection: Connection, response: Response): void
}

/**
 * A request made in this process. The target is read as from the wire (`/a/../b` and bad ones too); the answer is as a
 * client would see it: none where it may have no content. The body is the resource's own, to be read or cancelled.
 */
export async function requestInProcess(site: Answering, target: string | URL, init: RequestInit): Promise<Response> {
  const text = String(target)
  const method = init.method ?? 'GET'
  const parsed = parseTarget(method, text)
  if (parsed === undefined) return defaultPage(new HttpError(400), undefined)
  const { path, search } = parsed
  const secure = /^https:/i.test(text)
  const { headers, body } = givenContent(init)
  const authority = parsed.authority ?? headers.get('host') ?? 'localhost'
  if (!headers.has('host')) headers.append('Host', authority)
  const request = new Request(
    { method, target: text, path, search, version: '1.1', authority, secure, headers, body },
    init,
  )
  const exchange = new Exchange(site.report)
  exchange.started = performance.now()
  const connection = new Connection(NOWHERE, exchange, 'HTTP/1.1', { address: '127.0.0.1', secure })
  const response = shown(request, await site.handle(request, connection))
  exchange.contentLength = knownSize(response.body) ?? 0
  exchange.firstByte = performance.now()
  site.finished(request, connection, response)
  return response
}

function shown(request: Request, response: Response): Response {
  if (request.method !== 'HEAD' && !isBodiless(response.status)) return response
  const size = knownSize(response.body)
  cancelBody(response.body)
  const made = response.with({ body: null })
  if (isBodiless(response.status) || size === undefined) return made
  // A resource that answers HEAD itself without content may say the size that GET would have (RFC 9110 §8.6).
  if (response.body !== null || !made.peek().has('content-length')) made.headers.set('Content-Length', String(size))
  return made
}

import { cancelBody, knownSize } from '../message/body.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { Exchange } from '../message/exchange.ts'
import { Request, type RequestInit } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { isBodiless } from '../message/status.ts'
import { parseTarget } from '../message/target.ts'
import { defaultPage } from './error-page.ts'
import { HttpError } from '../message/errors.ts'
import type { Site } from './site.ts'

const NOWHERE: SocketFacts = {
  remote: { address: '127.0.0.1', port: undefined },
  local: { address: '127.0.0.1', port: undefined },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve('localhost'),
}

/**
 * A request made in this process. The target is read as from the wire (`/a/../b` and bad ones too); the answer is as a
 * client would see it: none where it may have no content. The body is the resource's own, to be read or cancelled.
 */
export async function requestInProcess(site: Site, target: string | URL, init: RequestInit): Promise<Response> {
  const text = String(target)
  const method = init.method ?? 'GET'
  const parsed = parseTarget(method, text)
  if (parsed === undefined) return defaultPage(new HttpError(400), undefined)
  const base = new Request(`${/^https:/i.test(text) ? 'https' : 'http'}://${parsed.authority ?? 'localhost'}/`, init)
  const request = new Request({ ...base, target: text, path: parsed.path, search: parsed.search }, init)
  const exchange = new Exchange(site.report)
  exchange.started = performance.now()
  const connection = new Connection(NOWHERE, exchange, 'HTTP/1.1')
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
  if (!isBodiless(response.status) && size !== undefined) made.headers.set('Content-Length', String(size))
  return made
}

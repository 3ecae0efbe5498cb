import { Headers } from '../../message/headers.ts'
import { type IncomingBody, Request } from '../../message/request.ts'
import { isAuthority, parseTarget } from '../../message/target.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import type { RequestFields } from '../../protocol/http2/request-fields.ts'

/**
 * The request that some fields announce.
 * @param longest The most bytes of method and target.
 * @throws ProtocolError 400 for a missing or malformed authority or a malformed target, 414 for a long one, 417 for an
 * expectation other than 100-continue (RFC 9110 §10.1.1).
 */
export function requestOf(fields: RequestFields, body: IncomingBody | null, secure: boolean, longest: number): Request {
  const { method, authority } = fields
  // RFC 9113 §8.3.1: an http URI has an authority, which stands here where HTTP/1.1 has Host.
  if (authority === undefined || authority === '') throw new ProtocolError(400, 'host-missing', ':authority is missing')
  if (!isAuthority(authority)) throw new ProtocolError(400, 'host', ':authority is malformed')
  const sent = method === 'CONNECT' ? authority : fields.path
  if (method.length + 1 + sent.length > longest) {
    throw new ProtocolError(414, 'request-line-limit', 'method and target are longer than limits.requestLine')
  }
  const target = parseTarget(method, sent)
  if (target === undefined) throw new ProtocolError(400, 'target', 'the request target is malformed')
  if (fields.expect !== '' && !expectsContinue(fields)) {
    throw new ProtocolError(417, 'expectation', 'Expect asks for something other than 100-continue')
  }
  return new Request({
    method,
    target: sent,
    path: target.path,
    search: target.search,
    version: '2.0',
    authority,
    secure,
    headers: Headers.fromList(fields.list),
    body,
    selective: fields.selective,
  })
}

/** Whether the client waits for 100 Continue. */
export function expectsContinue(fields: RequestFields): boolean {
  return fields.expect.toLowerCase() === '100-continue'
}

/** What stands for a request that could not be read, in the log. */
export function unreadable(): Request {
  const parts = { method: '-', target: '-', path: '/', search: '', version: '2.0', authority: '', secure: false }
  return new Request({ ...parts, headers: new Headers(), body: null, selective: false })
}

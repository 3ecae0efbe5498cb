import { Headers } from '../../message/headers.ts'
import { type IncomingBody, Request } from '../../message/request.ts'
import { isAuthority, parseTarget } from '../../message/target.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import {
  type RequestHead,
  SEEN_CONNECTION,
  SEEN_EXPECT,
  SEEN_HOST,
  SEEN_SELECTIVE,
  SEEN_UPGRADE,
} from '../../protocol/http1/request-head.ts'

/**
 * The request that a head announces.
 * @throws ProtocolError 400 for a missing or malformed Host (RFC 9112 §3.2) or a malformed target, 417 for an
 * expectation other than 100-continue (RFC 9110 §10.1.1).
 */
export function requestOf(head: RequestHead, body: IncomingBody | null, secure: boolean): Request {
  const { method, minor, seen } = head
  if ((seen & SEEN_HOST) === 0) {
    if (minor > 0) throw new ProtocolError(400, 'host-missing', 'Host is missing')
  } else if (!isAuthority(head.host)) throw new ProtocolError(400, 'host', 'Host is malformed')
  const target = parseTarget(method, head.target)
  if (target === undefined) throw new ProtocolError(400, 'target', 'the request target is malformed')
  if ((seen & SEEN_EXPECT) !== 0 && !expectsContinue(head)) {
    throw new ProtocolError(417, 'expectation', 'Expect asks for something other than 100-continue')
  }
  const headers = Headers.fromLines(head.lines, head.places)
  // RFC 9112 §3.2.2: the authority of an absolute form replaces that of Host, for programs that read the field too.
  if (target.authority !== undefined && head.host !== target.authority) headers.set('Host', target.authority)
  return new Request({
    method,
    target: head.target,
    path: target.path,
    search: target.search,
    version: minor > 0 ? '1.1' : '1.0',
    authority: target.authority ?? head.host,
    secure,
    headers,
    body,
    selective: (seen & SEEN_SELECTIVE) !== 0,
  })
}

/** Whether the client waits for 100 Continue; in HTTP/1.0 that is not heard (RFC 9110 §10.1.1). */
export function expectsContinue(head: RequestHead): boolean {
  return (head.seen & SEEN_EXPECT) !== 0 && head.expect.toLowerCase() === '100-continue'
}

/** Whether the connection goes on after the answer, as far as the client is concerned (RFC 9112 §9.3). */
export function wantsKeepAlive(head: RequestHead): boolean {
  if ((head.seen & SEEN_CONNECTION) === 0) return head.minor > 0
  const options = head.connection.toLowerCase().split(',')
  if (options.some((option) => option.trim() === 'close')) return false
  return head.minor > 0 || options.some((option) => option.trim() === 'keep-alive')
}

/**
 * Whether the client asked for what an answer with `upgrade` does: an Upgrade that Connection names, in HTTP/1.1
 * (RFC 9110 §7.8), or CONNECT.
 */
export function asksUpgrade(head: RequestHead): boolean {
  if (head.method === 'CONNECT') return true
  return head.minor > 0 && (head.seen & SEEN_UPGRADE) !== 0 && /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(head.connection)
}

import { isToken, trimOws } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import type { RequestParts } from '../../message/request.ts'
import type { Target } from '../../message/target.ts'
import { isAuthority, parseTarget } from '../../message/target.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { type Framing, requestFraming } from '../../protocol/http1/framing.ts'
import { SEEN_CONTENT_LENGTH, SEEN_TRANSFER_ENCODING } from '../../protocol/http1/request-head.ts'
import type { HostRequest } from './request.ts'

/** A request of a host, checked: all of `RequestParts` but the content, and what decides on the connection. */
export interface Received extends Omit<RequestParts, 'body'> {
  readonly framing: Framing
  /** Whether the client asked for what an answer with `upgrade` does (RFC 9110 §7.8, §9.3.6). */
  readonly asksUpgrade: boolean
}

/** Visible ASCII without `#`, as our own engine takes it (RFC 9112 §3.2). */
const TARGET = /^[\x21\x22\x24-\x7e]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const UPGRADE = /(?:^|,)\s*upgrade\s*(?:,|$)/i

/** What the fields say that decides how the message is understood. The values of all lines of a name, joined. */
interface Said {
  seen: number
  minor: number
  contentLength: string
  transferEncoding: string
  host: string | undefined
  expect: string
  connection: string
  upgrade: boolean
  selective: boolean
}

/**
 * Checks what a host hands over, as our own engine checks what comes on a socket: hosts let through what others behind us
 * would understand in another way, and make of it what they like.
 * @throws ProtocolError 400 for a method, a target, a field, a Host or a framing that no request has; 417 for an
 * expectation other than 100-continue; 501 for a transfer coding.
 */
export function received(host: HostRequest): Received {
  const { method, version, facts } = host
  if (!isToken(method)) throw new ProtocolError(400, 'method', 'the method is malformed')
  const said: Said = {
    seen: 0,
    minor: version === '1.0' ? 0 : 1,
    contentLength: '',
    transferEncoding: '',
    host: undefined,
    expect: '',
    connection: '',
    upgrade: false,
    selective: false,
  }
  const fields = fieldsOf(host, said)
  const authority = authorityOf(host, said)
  const target = TARGET.test(host.target) ? parseTarget(method, host.target) : undefined
  if (target === undefined) throw new ProtocolError(400, 'target', 'the request target is malformed')
  if (said.expect !== '' && said.expect.toLowerCase() !== '100-continue') {
    throw new ProtocolError(417, 'expectation', 'Expect asks for something other than 100-continue')
  }
  return {
    method,
    target: host.target,
    path: target.path,
    search: target.search,
    version,
    authority: target.authority ?? authority,
    secure: facts.secure,
    headers: headersOf(fields, said, host, target, authority),
    selective: said.selective,
    framing: framingOf(host, said),
    asksUpgrade: version === '1.1' && (method === 'CONNECT' || (said.upgrade && UPGRADE.test(said.connection))),
  }
}

/** A copy of the fields, checked (RFC 9110 §5.1, §5.5): a value with CR, LF or NUL could split what we send on. */
function fieldsOf({ fields: given, version }: HostRequest, said: Said): string[] {
  const fields: string[] = []
  let cookieAt = 0
  for (let i = 0; i < given.length; i += 2) {
    const name = given[i]
    const value = given[i + 1]
    if (typeof name !== 'string' || typeof value !== 'string' || !isToken(name) || !VALUE.test(value)) {
      throw new ProtocolError(400, 'field', 'a field is malformed')
    }
    const trimmed = trimOws(value)
    if (version === '2.0' && name === 'cookie') {
      // RFC 9113 §8.2.3: a client may cut its cookies in pieces, so that they compress better.
      if (cookieAt > 0) {
        fields[cookieAt] += `; ${trimmed}`
        continue
      }
      cookieAt = fields.length + 1
    } else note(said, name, trimmed)
    fields.push(name, trimmed)
  }
  return fields
}

function note(said: Said, name: string, value: string): void {
  switch (name.toLowerCase()) {
    case 'host':
      if (said.host !== undefined) throw new ProtocolError(400, 'host-repeated', 'Host is there twice')
      said.host = value
      return
    case 'content-length':
      said.contentLength = joined((said.seen & SEEN_CONTENT_LENGTH) !== 0, said.contentLength, value)
      said.seen |= SEEN_CONTENT_LENGTH
      return
    case 'transfer-encoding':
      said.transferEncoding = joined((said.seen & SEEN_TRANSFER_ENCODING) !== 0, said.transferEncoding, value)
      said.seen |= SEEN_TRANSFER_ENCODING
      return
    case 'expect':
      said.expect = joined(said.expect !== '', said.expect, value)
      return
    case 'connection':
      said.connection = joined(said.connection !== '', said.connection, value)
      return
    case 'upgrade':
      said.upgrade = true
      return
    case 'range':
    case 'if-match':
    case 'if-none-match':
    case 'if-modified-since':
    case 'if-unmodified-since':
    case 'if-range':
      said.selective = true
  }
}

function joined(more: boolean, before: string, value: string): string {
  return more ? `${before}, ${value}` : value
}

/** @throws ProtocolError where there must be one and is none (RFC 9112 §3.2, RFC 9113 §8.3.1), or it is malformed. */
function authorityOf({ version, authority }: HostRequest, { host }: Said): string {
  if (version === '2.0' && authority !== undefined) {
    if (authority === '') throw new ProtocolError(400, 'host-missing', ':authority is missing')
    if (!isAuthority(authority)) throw new ProtocolError(400, 'host', ':authority is malformed')
    // RFC 9113 §8.3.1: who looks at one and who looks at the other would see two requests.
    if (host !== undefined && host !== authority) throw new ProtocolError(400, 'host', 'Host is not what :authority is')
    return authority
  }
  if (host === undefined) {
    if (version !== '1.0') throw new ProtocolError(400, 'host-missing', 'Host is missing')
    return ''
  }
  if (!isAuthority(host)) throw new ProtocolError(400, 'host', 'Host is malformed')
  return host
}

/** Programs read the field Host, whoever named the authority: RFC 9112 §3.2.2, RFC 9113 §8.3.1. */
function headersOf(fields: string[], said: Said, host: HostRequest, target: Target, authority: string): Headers {
  if (host.version === '2.0' && said.host === undefined) fields.unshift('host', authority)
  const headers = Headers.fromList(fields)
  if (target.authority !== undefined && target.authority !== (said.host ?? authority)) {
    headers.set('Host', target.authority)
  }
  return headers
}

function framingOf({ version, content }: HostRequest, said: Said): Framing {
  if (version === '2.0' && (said.seen & SEEN_TRANSFER_ENCODING) !== 0) {
    throw new ProtocolError(400, 'framing', 'HTTP/2 has no Transfer-Encoding')
  }
  const framing = requestFraming(said)
  if (content === null && framing !== 'none' && framing !== 0) {
    throw new ProtocolError(400, 'framing', 'the content that the fields tell of is missing')
  }
  return framing
}

import { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { Exchange } from '../../message/exchange.ts'
import { Response } from '../../message/response.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { MalformedRequest } from '../../protocol/http2/codes.ts'
import { RequestFields, readRequestFields } from '../../protocol/http2/request-fields.ts'
import { defaultPage } from '../../site/error-page.ts'
import { upperFirst } from '../upper-first.ts'
import { StreamBody } from './body.ts'
import { Http2Exchange } from './exchange.ts'
import { expectsContinue, requestOf, unreadable } from './received.ts'
import { Http2Stream } from './stream.ts'
import type { Wire } from './wire.ts'

/** Fields are read one request at a time, in one go: all connections share the object that holds what they say. */
const read = new RequestFields()

/**
 * Makes the stream of a request that came, and has it answered: by the site, or by an error that tells what is wrong
 * with it. Returns the stream; undefined where the request is malformed, so that only a reset is the answer.
 * @param fields Undefined where they were over a limit.
 * @param ended Whether the request has no body.
 */
export function answerRequest(
  wire: Wire,
  id: number,
  fields: readonly string[] | undefined,
  ended: boolean,
  window: number,
): Http2Stream | undefined {
  const { limits } = wire.context
  if (fields === undefined) {
    const stream = new Http2Stream(id, ended ? null : new StreamBody(undefined, id, wire.sender), window)
    const words = 'the fields have more bytes, or there are more of them, than limits.head and limits.fields'
    refuse(wire, stream, new ProtocolError(431, 'head-limit', words))
    return stream
  }
  try {
    readRequestFields(read, fields)
    // RFC 9113 §8.1.1: a body of a size that does not come.
    if (ended && (read.contentLength ?? 0) > 0) throw new MalformedRequest('the body that was announced is missing')
  } catch (error) {
    if (!(error instanceof MalformedRequest)) throw error
    logMalformed(wire, error)
    return undefined
  }
  const body = ended ? null : new StreamBody(read.contentLength, id, wire.sender)
  const stream = new Http2Stream(id, body, window)
  try {
    const request = requestOf(read, body, wire.facts.secure, limits.requestLine)
    new Http2Exchange(wire, stream, request, body !== null && expectsContinue(read)).run()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    refuse(wire, stream, error)
  }
  return stream
}

/** Answers what is no request of the site's. The answer is plain, the same for all sites, and logged like any other. */
function refuse(wire: Wire, stream: Http2Stream, error: ProtocolError): void {
  const { status, code } = error
  wire.context.site.report?.('info', 'A request was refused.', { remote: wire.facts.remote.address, status, code })
  const response = defaultPage(new HttpError(status, { code, detail: `${upperFirst(error.message)}.` }), undefined)
  new Http2Exchange(wire, stream, unreadable(), false).refuse(response)
}

/** Tells of a request that is answered by a reset alone (RFC 9113 §8.1.1). */
function logMalformed(wire: Wire, { message }: MalformedRequest): void {
  const { site } = wire.context
  const record = new Exchange(site.report)
  const fields = { remote: wire.facts.remote.address, status: 400, code: 'malformed', detail: message }
  record.report('info', 'A request was refused.', fields)
  record.aborted = true
  if (site.logging) record.started = performance.now()
  site.finished(unreadable(), new Connection(wire.facts, record, 'HTTP/2'), new Response(null, { status: 400 }))
}

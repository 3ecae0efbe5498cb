import { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { Exchange } from '../../message/exchange.ts'
import { Headers } from '../../message/headers.ts'
import { Request } from '../../message/request.ts'
import type { ProtocolError } from '../../protocol/http1/errors.ts'
import { defaultPage } from '../../site/error-page.ts'
import { upperFirst } from '../upper-first.ts'
import { answerOf } from './answer.ts'
import type { Wire } from './wire.ts'

/**
 * Writes the answer to bytes that are no request. It is plain, the same for all sites, and logged like any other; what
 * was wrong goes to the client too, for it can only help whoever wrote that client.
 */
export function refuse(wire: Wire, error: ProtocolError): void {
  const { context, facts, writer } = wire
  const { site } = context
  const record = new Exchange(site.report)
  const connection = new Connection(facts, record, 'HTTP/1.1')
  const response = defaultPage(
    new HttpError(error.status, { code: error.code, detail: `${upperFirst(error.message)}.` }),
    undefined,
  )
  const answer = answerOf({ method: '', minor: 1, keepAlive: false }, response, context.own)
  writer.text(answer.text)
  record.contentLength = answer.framing as number
  writer.content(answer.body as string, record.contentLength)
  record.bytesOut = answer.text.length + record.contentLength
  record.report('info', 'A request was refused.', {
    remote: facts.remote.address,
    status: error.status,
    code: error.code,
  })
  if (site.logging) record.started = performance.now()
  site.finished(nothing(), connection, response)
}

function nothing(): Request {
  const parts = { method: '-', target: '-', path: '/', search: '', version: '1.1', authority: '', secure: false }
  return new Request({ ...parts, headers: new Headers(), body: null, selective: false })
}

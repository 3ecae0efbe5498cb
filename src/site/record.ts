import type { Connection } from '../message/connection.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import type { Request } from '../message/request.ts'
import type { Response } from '../message/response.ts'

/** What the loggers are told of a finished exchange (LogRequest of logger.isl). */
export function recordOf(request: Request, connection: Connection, response: Response): ExchangeRecord {
  const { exchange } = connection
  const duration = performance.now() - exchange.started
  return {
    // From the clock on the wall: the other one stands still while the machine sleeps.
    time: Date.now() - duration,
    method: request.method,
    uri: request.target,
    protocol: connection.protocol,
    host: request.authority,
    status: response.status,
    contentLength: exchange.contentLength,
    contentType: response.peek().get('content-type') ?? undefined,
    remoteIp: connection.clientAddress,
    remoteName: connection.clientAddress,
    user: connection.user?.name,
    route: exchange.route,
    resource: exchange.resource,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    firstByte: exchange.firstByte === 0 ? 0 : exchange.firstByte - exchange.started,
    duration,
    referrer: request.headers.get('referer') ?? undefined,
    agent: request.headers.get('user-agent') ?? undefined,
    aborted: exchange.aborted,
    error: exchange.error,
    backend: exchange.backend,
  }
}

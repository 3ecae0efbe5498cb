import type { ExchangeRecord } from '../../src/message/exchange.ts'

/** A record as loggers get it. */
export function logRecord(given: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    time: Date.UTC(2026, 1, 3, 4, 5, 6, 789),
    requestId: 'abc-1',
    method: 'GET',
    uri: '/a?b=c',
    protocol: 'HTTP/1.1',
    host: 'h',
    status: 200,
    contentLength: 1234,
    contentType: undefined,
    remoteIp: '192.0.2.7',
    remoteName: given.remoteIp ?? '192.0.2.7',
    user: undefined,
    route: undefined,
    resource: undefined,
    bytesIn: 0,
    bytesOut: 1400,
    firstByte: 0.5,
    duration: 1.25,
    referrer: undefined,
    agent: undefined,
    aborted: false,
    error: undefined,
    backend: undefined,
    requestField: () => undefined,
    responseField: () => undefined,
    ...given,
  }
}

import assert from 'node:assert/strict'
import { afterEach, mock, test } from 'node:test'
import { FACTS } from '../../test/support/connection.ts'
import { Connection } from '../message/connection.ts'
import { Exchange } from '../message/exchange.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { recordOf } from './record.ts'

test('a record tells of request, answer, client, user, route, bytes, times and fault (logger.isl)', () => {
  const started = performance.now() - 50
  const error = new Error('x')
  const exchange = Object.assign(new Exchange(), {
    route: '/a/:id',
    resource: 'module',
    contentLength: 7,
    bytesIn: 3,
    bytesOut: 99,
    started,
    firstByte: started + 20,
    aborted: true,
    error,
    backend: { exitCode: 1 },
  })
  const connection = new Connection(FACTS, exchange, 'HTTP/1.0', { address: '203.0.113.9', secure: true })
  connection.identify({ name: 'ada', groups: [] })
  const headers = { Referer: 'http://r/', 'User-Agent': 'curl' }
  const request = new Request('http://example.org:81/a/../b%7E?x', { method: 'PUT', headers })
  const response = new Response('x', { status: 418, headers: { 'Content-Type': 'text/x' } })
  mock.method(Date, 'now', () => 1_000_000)
  const { time, duration, firstByte, ...record } = recordOf(request, connection, response)
  assert.deepEqual(record, {
    method: 'PUT',
    uri: '/b%7E?x',
    protocol: 'HTTP/1.0',
    host: 'example.org:81',
    status: 418,
    contentLength: 7,
    contentType: 'text/x',
    remoteIp: '203.0.113.9',
    remoteName: '203.0.113.9',
    user: 'ada',
    route: '/a/:id',
    resource: 'module',
    bytesIn: 3,
    bytesOut: 99,
    referrer: 'http://r/',
    agent: 'curl',
    aborted: true,
    error,
    backend: { exitCode: 1 },
  })
  assert.equal(Math.round(firstByte), 20)
  assert.ok(duration >= 50)
  assert.equal(Math.round(time + duration), 1_000_000, 'since 1970, by the clock that people set')
})

test('what is not known is undefined, and a first byte that never went is at 0', () => {
  const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  const record = recordOf(new Request('http://h/'), connection, new Response())
  assert.deepEqual(
    [record.user, record.route, record.contentType, record.referrer, record.agent, record.error, record.backend],
    Array.from({ length: 7 }, () => undefined),
  )
  assert.deepEqual([record.firstByte, record.aborted, record.remoteIp], [0, false, '192.0.2.1'])
})

afterEach(() => mock.restoreAll())

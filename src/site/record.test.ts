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
  const { time, duration, firstByte, ...own } = recordOf(request, connection, response)
  const { contentType, remoteName, referrer, agent, requestId } = recordOf(request, connection, response)
  assert.deepEqual(
    { ...own, contentType, remoteName, referrer, agent, requestId },
    {
      requestId: exchange.requestId,
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
    },
  )
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

test('a record that is kept stays what it was, whatever becomes of the fields', () => {
  const request = new Request('http://h/', { headers: { 'User-Agent': 'one', Referer: 'http://r/' } })
  const response = new Response('x', { headers: { 'Content-Type': 'text/a', 'X-B': '1' } })
  const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  connection.exchange.backend = { exitCode: 1 }
  const record = recordOf(request, connection, response)
  request.headers.set('User-Agent', 'two')
  request.headers.delete('Referer')
  response.headers.set('Content-Type', 'text/b')
  response.headers.append('X-B', '2')
  Object.assign(connection.exchange, { status: 500, backend: { exitCode: 2 }, bytesOut: 9, aborted: true })
  connection.identify({ name: 'late', groups: [] })
  const { agent, referrer, contentType, backend, bytesOut, aborted, user } = record
  assert.deepEqual(
    [agent, referrer, contentType, record.responseField('X-b'), backend, bytesOut, aborted, user],
    ['one', 'http://r/', 'text/a', '1', { exitCode: 1 }, 0, false, undefined],
  )
  assert.equal(request.headers.get('user-agent'), 'two')
  assert.equal(response.headers.get('x-b'), '1, 2')
})

test('nobody took the times of an exchange that began before anybody logged: they are 0', () => {
  const record = recordOf(new Request('http://h/'), new Connection(FACTS, new Exchange(), 'HTTP/1.1'), new Response())
  assert.deepEqual([record.duration, record.firstByte], [0, 0])
})

afterEach(() => mock.restoreAll())

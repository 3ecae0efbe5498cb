import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { EngineUnderTest } from '../../../test/support/engine.ts'
import { MemorySocket } from '../../../test/support/memory-socket.ts'
import { Response } from '../../message/response.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { FactsOfSocket } from '../socket-facts.ts'
import { refuse } from './refuse.ts'
import type { Wire } from './wire.ts'
import { Writer } from './writer.ts'

/** What was written and told for an error, with something written before it. */
function refused(error: ProtocolError): { written: string; under: EngineUnderTest } {
  const under = new EngineUnderTest({ handler: () => new Response('never') })
  const memory = new MemorySocket('::ffff:192.0.2.7')
  const socket = memory as unknown as Socket
  const unused = (): never => assert.fail('a refusal ends no exchange, and leaves the closing to the connection')
  const wire: Wire = {
    socket,
    facts: new FactsOfSocket(socket),
    context: under.engine,
    writer: new Writer(socket, 1000),
    ended: false,
    last: false,
    exchangeOver: unused,
    cut: unused,
    detach: unused,
  }
  wire.writer.text('before|')
  refuse(wire, error)
  assert.equal(memory.written, '', 'it waits behind what was answered before')
  wire.writer.flush()
  return { written: memory.written, under }
}

for (const [status, reason, code] of [
  [400, 'Bad Request', 'host-missing'],
  [408, 'Request Timeout', 'timeouts.head'],
  [431, 'Request Header Fields Too Large', 'head-limit'],
  [505, 'HTTP Version Not Supported', 'http-version'],
] as const) {
  test(`${status} ${code} is answered in plain words, and its connection is closed`, () => {
    const { written, under } = refused(new ProtocolError(status, code, 'what was wrong'))
    const [head = '', body = ''] = written.split('\r\n\r\n')
    const lines = head.split('\r\n')
    assert.equal(body, `${status} ${reason}\nWhat was wrong.\n`)
    assert.equal(lines[0], `before|HTTP/1.1 ${status} ${reason}`)
    for (const line of [
      `Date: ${under.engine.ticker.date}`,
      'Content-Type: text/plain;charset=utf-8',
      'Cache-Control: no-store',
      `Content-Length: ${body.length}`,
      'Connection: close',
    ]) {
      assert.ok(lines.includes(line), line)
    }
  })
}

test('a refusal is logged like any other answer, with nothing of the bytes that were no request', () => {
  const { written, under } = refused(new ProtocolError(400, 'target', 'the request target is malformed'))
  const [record] = under.records
  assert.equal(under.records.length, 1)
  assert.deepEqual(
    [record?.status, record?.method, record?.uri, record?.bytesOut],
    [400, '-', '-', written.length - 'before|'.length],
  )
})

test('a refusal is reported with its client and its code', () => {
  const { under } = refused(new ProtocolError(400, 'target', 'the request target is malformed'))
  const report = under.reports.find(({ event }) => event === 'A request was refused.')
  assert.equal(report?.level, 'info')
  assert.deepEqual(report?.fields?.['remote'], '192.0.2.7')
  assert.deepEqual([report?.fields?.['status'], report?.fields?.['code']], [400, 'target'])
})

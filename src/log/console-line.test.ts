import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExchangeRecord } from '../message/exchange.ts'
import { consoleLine } from './console-line.ts'

const RECORD = {
  time: Date.UTC(2026, 1, 3, 4, 5, 6, 789),
  method: 'GET',
  uri: '/a?b=c',
  status: 200,
  contentLength: 1234,
  remoteIp: '192.0.2.7',
  duration: 1.25,
  aborted: false,
} as ExchangeRecord

test('a line tells time, client, method, target, status, bytes and milliseconds', () => {
  const cases: readonly (readonly [record: Partial<ExchangeRecord>, line: string])[] = [
    [{}, '2026-02-03 04:05:06 192.0.2.7 GET /a?b=c 200 1234 1.3ms'],
    [
      { time: Date.UTC(2026, 1, 3, 4, 5, 6, 0), duration: 0 },
      '2026-02-03 04:05:06 192.0.2.7 GET /a?b=c 200 1234 0.0ms',
    ],
    [{ time: Date.UTC(2026, 1, 3, 4, 5, 7) }, '2026-02-03 04:05:07 192.0.2.7 GET /a?b=c 200 1234 1.3ms'],
    [{ remoteIp: '::1', method: 'POST', status: 503 }, '2026-02-03 04:05:06 ::1 POST /a?b=c 503 1234 1.3ms'],
    [{ user: 'paul' }, '2026-02-03 04:05:06 192.0.2.7 "paul" GET /a?b=c 200 1234 1.3ms'],
    [{ aborted: true }, '2026-02-03 04:05:06 192.0.2.7 GET /a?b=c 200 1234 1.3ms (client gone)'],
  ]
  for (const [record, line] of cases) assert.equal(consoleLine({ ...RECORD, ...record }), `${line}\n`)
})

test('no name of a user forges a line or moves the cursor', () => {
  const line = consoleLine({ ...RECORD, user: 'x"\n2026-01-01 forged \u001b[2J \u009b2J \u202e' })
  assert.match(line, /^[\x20-\x7e]+\n$/)
})

test('secrets in the query are hidden', () => {
  const line = consoleLine({ ...RECORD, uri: '/a?%70assword=swordfish&b=c' })
  assert.match(line, / \/a\?%70assword=\*\*\*&b=c /)
})

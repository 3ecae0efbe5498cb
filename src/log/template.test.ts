import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logRecord } from '../../test/support/log-record.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import { localTime, milliseconds } from './clock.ts'
import { formatOf } from './format.ts'

const line = (template: string, record: Partial<ExchangeRecord> = {}): string =>
  formatOf({ format: { template } })(logRecord(record))

test('a template has the values of its names, - for none, and braces that are written as two', () => {
  const fields: Partial<ExchangeRecord> = {
    requestField: (name) => (name === 'accept' ? 'text/html, */*' : undefined),
    responseField: (name) => (name === 'location' ? '/b' : undefined),
    backend: { process: 7, exitCode: 1, stderr: ['one', 'two'], retries: 2 },
    error: new TypeError('no'),
  }
  const cases: readonly (readonly [template: string, line: string])[] = [
    ['', ''],
    ['{time} {method} {uri} {status}', '2026-02-03T04:05:06.789Z GET /a?b=c 200'],
    ['{user} {>accept} "{>Accept}" {<location}', '- text/html,\\x20*/* "text/html, */*" /b'],
    ['{{"status":{status}}}', '{"status":200}'],
    ['{duration}ms {firstByte}ms {bytesIn}+{bytesOut}', '1.250ms 0.500ms 0+1400'],
    ['{process}|{exitCode}|{signal}|{retries}|{stderr}', '7|1|-|2|one\\x0Atwo'],
    ['"{error}" {aborted} {requestId}', '"TypeError: no" - abc-1'],
  ]
  for (const [template, expected] of cases) assert.equal(line(template, fields), expected)
})

test('a template that nobody could read is refused, with what to do', () => {
  const cases: readonly (readonly [template: string, message: RegExp])[] = [
    ['{tiem}', /\{tiem\}: expected time, /],
    ['{}', /\{\}/],
    ['{>a b}', /expected time/],
    ['{uri', /lone \{: write \{\{/],
    ['uri}', /lone \}/],
    ['{uri}{user}', /behind \{uri\}/],
    ['{status}0', /behind \{status\}/],
    ['{user}Bytes', /behind \{user\}/],
    ['{uri}\n', /control character/],
  ]
  for (const [template, message] of cases) assert.throws(() => line(template), { name: 'TypeError', message })
})

test('what stands for nothing is never a value, and no value ends before its end', () => {
  const cases: readonly (readonly [template: string, user: string | undefined, line: string])[] = [
    ['{user} x', undefined, '- x'],
    ['{user} x', '-', '\\x2D x'],
    ['{user} x', '', '"" x'],
    ['"{user}"', '', '""'],
    ['"{user}"', 'a b', '"a b"'],
    ['"{user} x"', 'a b', '"a\\x20b x"'],
    ['{user};', 'a;b', 'a\\x3Bb;'],
    ['{user}', 'a"\\b', 'a\\x22\\x5Cb'],
    ['{user}', 'é', '\\xC3\\xA9'],
  ]
  for (const [template, user, expected] of cases) assert.equal(line(template, { user }), expected)
})

test('common and combined are those of NCSA and Apache', () => {
  const record = logRecord({ user: 'ada', referrer: 'http://r/', agent: 'curl/8' })
  const common = `192.0.2.7 - ada [${localTime(record.time)}] "GET /a?b=c HTTP/1.1" 200 1234`
  assert.equal(formatOf({ format: 'common' })(record), common)
  assert.equal(formatOf({})(record), `${common} "http://r/" "curl/8"`)
  assert.match(localTime(record.time), /^0[234]\/Feb\/2026:\d\d:\d\d:06 [+-]\d{4}$/)
  assert.equal(Date.parse(localTime(record.time).replace(/\//g, ' ').replace(':', ' ')), Date.UTC(2026, 1, 3, 4, 5, 6))
})

test('milliseconds are told to the microsecond', () => {
  const cases = [
    [0, '0.000'],
    [0.0004, '0.000'],
    [0.0005, '0.001'],
    [1.25, '1.250'],
    [999.9996, '1000.000'],
    [61234.5, '61234.500'],
  ] as const
  for (const [value, text] of cases) assert.equal(milliseconds(value), text)
})

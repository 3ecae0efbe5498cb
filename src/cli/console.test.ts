import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Level } from '../message/exchange.ts'
import { consoleReport } from './console.ts'

/** What is written on standard error while something is reported, without its time. */
function told(t: TestContext, level: Level, event: string, fields?: Readonly<Record<string, unknown>>): string {
  const write = t.mock.method(process.stderr, 'write', () => true)
  consoleReport(level, event, fields)
  write.mock.restore()
  return write.mock.calls
    .map(({ arguments: [text] }) => String(text).replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, 'TIME '))
    .join('')
}

test('reports from warnings upwards are told with their facts', (t) => {
  assert.equal(told(t, 'debug', 'x'), '')
  assert.equal(told(t, 'info', 'x'), '')
  assert.equal(told(t, 'warn', 'Something.'), 'TIME warn: Something.\n')
  assert.equal(
    told(t, 'error', 'The request failed.', { uri: '/a b', status: 500, more: undefined }),
    'TIME error: The request failed. uri="/a b" status=500\n',
  )
})

test('an error is told with its stack, indented, and what is no error as it is', (t) => {
  const error = new Error('inner')
  error.stack = 'Error: inner\n    at there'
  assert.equal(told(t, 'error', 'x', { error }), 'TIME error: x\n  Error: inner\n      at there\n')
  assert.equal(told(t, 'error', 'x', { error: 'a text' }), 'TIME error: x\n  a text\n')
  assert.equal(told(t, 'error', 'x', { error: null }), 'TIME error: x\n  null\n')
})

test('nothing that a client sends forges a line', (t) => {
  const forged = told(t, 'warn', 'x', { uri: '/\n2026-01-01 error: forged', agent: '\u001b[2J' })
  assert.equal(forged.split('\n').length, 2)
  assert.ok(!forged.includes('\u001b'))
})

test('what waits for whoever reads standard error is bounded, and what was dropped is counted', (t) => {
  let waiting = 2 * 1024 * 1024
  Object.defineProperty(process.stderr, 'writableLength', { configurable: true, get: () => waiting })
  t.after(() => Reflect.deleteProperty(process.stderr, 'writableLength'))
  for (let i = 0; i < 3; i++) assert.equal(told(t, 'warn', 'x'), '')
  waiting = 0
  assert.match(told(t, 'warn', 'x'), /^\(3 reports were dropped: .*\)\n.* warn: x\n$/)
  assert.equal(told(t, 'warn', 'y'), 'TIME warn: y\n')
})

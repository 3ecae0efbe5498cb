import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { RequestFields, readRequestFields } from '../../protocol/http2/request-fields.ts'
import { expectsContinue, requestOf, unreadable } from './received.ts'

function fields(path: string, authority: string | null = 'h', ...more: string[]): RequestFields {
  const read = new RequestFields()
  const named = authority === null ? [] : [':authority', authority]
  readRequestFields(read, [':method', 'GET', ':scheme', 'http', ':path', path, ...named, ...more])
  return read
}

test('the request has its canonical path, its target as sent, and the version', () => {
  const request = requestOf(fields('/%61/./b?c=d', 'h:8', 'range', 'x', 'x-y', 'z'), null, true, 100)
  const { method, path, search, target, version, authority, url, selective, body } = request
  assert.deepEqual(
    [method, path, search, target, version, authority, url, selective, body],
    ['GET', '/a/b', '?c=d', '/%61/./b?c=d', '2.0', 'h:8', 'https://h:8/a/b?c=d', true, null],
  )
  assert.deepEqual(
    [...request.headers.raw()],
    [
      ['host', 'h:8'],
      ['range', 'x'],
      ['x-y', 'z'],
    ],
  )
})

test('CONNECT has its authority for a target', () => {
  const read = new RequestFields()
  readRequestFields(read, [':method', 'CONNECT', ':authority', 'h:1'])
  const { target, path, authority } = requestOf(read, null, false, 100)
  assert.deepEqual([target, path, authority], ['h:1', '', 'h:1'])
})

for (const [what, read, status, code] of [
  ['no authority', fields('/', null), 400, 'host-missing'],
  ['an empty authority', fields('/', ''), 400, 'host-missing'],
  ['an authority with a user', fields('/', 'u@h'), 400, 'host'],
  ['an authority with a path', fields('/', 'h/x'), 400, 'host'],
  ['a path with NUL', fields('/%00'), 400, 'target'],
  ['a path with a backslash', fields('/%5c'), 400, 'target'],
  ['a long target', fields(`/${'x'.repeat(100)}`), 414, 'request-line-limit'],
  ['another expectation', fields('/', 'h', 'expect', 'a miracle'), 417, 'expectation'],
] as const) {
  test(`${what} is ${status}`, () => {
    assert.throws(
      () => requestOf(read, null, false, 100),
      (error) => error instanceof ProtocolError && error.status === status && error.code === code,
    )
  })
}

test('100-continue is waited for in any case', () => {
  assert.equal(expectsContinue(fields('/', 'h', 'expect', '100-Continue')), true)
  assert.equal(expectsContinue(fields('/')), false)
  requestOf(fields('/', 'h', 'expect', '100-Continue'), null, false, 100)
})

test('what could not be read has a request for the log', () => {
  assert.deepEqual([unreadable().method, unreadable().version], ['-', '2.0'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { MalformedRequest } from './codes.ts'
import { checkTrailers, RequestFields, readRequestFields } from './request-fields.ts'

const PLAIN = [':method', 'GET', ':scheme', 'https', ':path', '/a?b', ':authority', 'h:1']

function read(...list: string[]): RequestFields {
  const fields = new RequestFields()
  readRequestFields(fields, list)
  return fields
}

test('a request is read into its parts, Host first', () => {
  const fields = read(...PLAIN, 'x', '1', 'accept', '*/*', 'x', '2')
  const { method, scheme, path, authority, contentLength, expect, selective } = fields
  assert.deepEqual(
    [method, scheme, path, authority, contentLength, expect, selective],
    ['GET', 'https', '/a?b', 'h:1', undefined, '', false],
  )
  assert.deepEqual(fields.list, ['host', 'h:1', 'x', '1', 'accept', '*/*', 'x', '2'])
})

test('nothing of one request is left for the next', () => {
  const fields = new RequestFields()
  readRequestFields(fields, [...PLAIN, 'content-length', '7', 'expect', '100-continue', 'range', 'bytes=0-'])
  assert.deepEqual([fields.contentLength, fields.expect, fields.selective], [7, '100-continue', true])
  readRequestFields(fields, [':method', 'PUT', ':scheme', 'http', ':path', '*'.replace('*', '/')])
  assert.deepEqual({ ...fields }, { ...read(':method', 'PUT', ':scheme', 'http', ':path', '/') })
  assert.deepEqual([fields.authority, fields.list], [undefined, []])
})

test('cookies that were cut in pieces are one field again, where the first one stood', () => {
  assert.deepEqual(read(...PLAIN, 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2', 'cookie', 'c=3').list, [
    ...['host', 'h:1', 'cookie', 'a=1; b=2; c=3', 'x', 'y'],
  ])
})

test('Host stands in for :authority, and may repeat it', () => {
  const rest = PLAIN.slice(0, 6)
  assert.deepEqual(read(...rest, 'x', 'y', 'host', 'b').list, ['host', 'b', 'x', 'y'])
  assert.deepEqual(read(...PLAIN, 'host', 'h:1').list, ['host', 'h:1'])
})

for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range']) {
  test(`${name} asks for a part, or by condition`, () => assert.equal(read(...PLAIN, name, 'x').selective, true))
}

test('CONNECT has an authority and nothing else', () => {
  const { method, authority, path } = read(':method', 'CONNECT', ':authority', 'a:1')
  assert.deepEqual([method, authority, path], ['CONNECT', 'a:1', ''])
})

test('OPTIONS may ask for *, te may be trailers', () => {
  assert.equal(read(':method', 'OPTIONS', ':scheme', 'http', ':path', '*', 'te', 'Trailers').path, '*')
})

const MALFORMED: Readonly<Record<string, readonly string[]>> = {
  nothing: [],
  'an empty method': [':method', '', ...PLAIN.slice(2)],
  'a pseudo-field in upper case': [':Method', 'GET', ...PLAIN.slice(2)],
  'a colon alone': [...PLAIN, ':', 'x'],
  'CONNECT without an authority': [':method', 'CONNECT'],
  'CONNECT with a scheme': [':method', 'CONNECT', ':scheme', 'http', ':authority', 'a:1'],
  'an authority with a blank before': [...PLAIN.slice(0, 6), ':authority', ' a'],
  'a scheme in upper case': [':method', 'GET', ':scheme', 'HTTP', ':path', '/'],
  'a path with DEL': [':method', 'GET', ':scheme', 'http', ':path', '/\x7f'],
  'a path beyond ASCII': [':method', 'GET', ':scheme', 'http', ':path', '/ü'],
  'a relative path': [':method', 'GET', ':scheme', 'http', ':path', 'a'],
  '* for another method': [':method', 'GET', ':scheme', 'http', ':path', '*'],
  'a name beyond ASCII': [...PLAIN, 'ü', 'x'],
  'te with more': [...PLAIN, 'te', 'trailers, gzip'],
  'proxy-connection': [...PLAIN, 'proxy-connection', 'x'],
  'content-length as a list': [...PLAIN, 'content-length', '1, 1'],
  'a negative content-length': [...PLAIN, 'content-length', '-1'],
  'an empty content-length': [...PLAIN, 'content-length', ''],
  'a huge content-length': [...PLAIN, 'content-length', '9'.repeat(16)],
}

for (const [what, list] of Object.entries(MALFORMED)) {
  test(`${what} is malformed`, () => assert.throws(() => read(...list), MalformedRequest))
}

test('any other text is read or malformed, and nothing that is read could split a message', () => {
  const name = fc.oneof(
    fc.constantFrom(':method', ':path', ':scheme', ':authority', 'host', 'te', 'cookie', 'content-length', 'a'),
    fc.string({ maxLength: 6, unit: 'binary-ascii' }),
  )
  const value = fc.oneof(
    fc.constantFrom('GET', '/', 'http', 'a', '1', ' ', ''),
    fc.string({ maxLength: 6, unit: 'binary-ascii' }),
  )
  const check = fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (more) => {
    let fields: RequestFields
    try {
      fields = read(...PLAIN, ...more.flat())
    } catch (error) {
      assert.ok(error instanceof MalformedRequest)
      return
    }
    assert.equal(fields.list.length % 2, 0)
    for (const [i, text] of fields.list.entries()) assert.match(text, i % 2 === 0 ? /^[^\s:A-Z]+$/ : /^[^\r\n\0]*$/)
  })
  fc.assert(check, runs(2000))
})

test('trailers are fields of their own right', () => {
  checkTrailers(['x-sum', '1', 'a', ''])
  for (const wrong of [
    [':path', '/'],
    ['A', 'b'],
    ['a', 'b\n'],
    ['connection', 'close'],
    ['', 'x'],
  ]) {
    assert.throws(() => checkTrailers(wrong), MalformedRequest, wrong[0])
  }
})

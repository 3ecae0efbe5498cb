import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedEncodings, preferredType } from './negotiation.ts'

const CODINGS = ['br', 'zstd', 'gzip'] as const

for (const [field, expected] of [
  ['', ['identity']],
  ['gzip', ['gzip', 'identity']],
  ['gzip, br', ['br', 'gzip', 'identity']],
  ['br;q=0.5, gzip', ['gzip', 'br', 'identity']],
  ['gzip;q=0.8, br;q=0.9, zstd', ['zstd', 'br', 'gzip', 'identity']],
  ['deflate', ['identity']],
  ['*', ['br', 'zstd', 'gzip', 'identity']],
  ['br, *;q=0.1', ['br', 'zstd', 'gzip', 'identity']],
  ['gzip;q=0', ['identity']],
  ['*;q=0', []],
  ['identity;q=0, gzip', ['gzip']],
  ['identity;q=0', []],
  ['identity', ['identity']],
  ['identity, gzip;q=0.5', ['identity', 'gzip']],
  ['gzip;q=0.5, *;q=0', ['gzip']],
  ['GZIP', ['gzip', 'identity']],
  ['gzip ; q=0.5 ,br', ['br', 'gzip', 'identity']],
] as const) {
  test(`Accept-Encoding: ${field} takes ${expected.join(', ') || 'nothing'} (RFC 9110 §12.5.3)`, () => {
    assert.deepEqual(acceptedEncodings(field, CODINGS), expected)
    assert.deepEqual(acceptedEncodings(field, CODINGS), expected, 'and the kept answer is the same')
  })
}

test('kept answers are told apart by what is available', () => {
  assert.deepEqual(acceptedEncodings('br, gzip', ['gzip']), ['gzip', 'identity'])
  assert.deepEqual(acceptedEncodings('br, gzip', ['br']), ['br', 'identity'])
  assert.deepEqual(acceptedEncodings('br, gzip', []), ['identity'])
})

test('more fields than are kept are answered all the same', () => {
  for (let i = 0; i < 600; i++) assert.deepEqual(acceptedEncodings(`x${i}, gzip`, CODINGS), ['gzip', 'identity'])
  assert.deepEqual(acceptedEncodings('x0, gzip', CODINGS), ['gzip', 'identity'])
})

const TYPES = ['text/html', 'application/json', 'text/plain'] as const

for (const [accept, expected] of [
  [null, 'text/html'],
  ['', 'text/html'],
  ['*/*', 'text/html'],
  ['text/*', 'text/html'],
  ['application/json', 'application/json'],
  ['application/json, text/html;q=0.9', 'application/json'],
  ['text/html;q=0.5, text/plain;q=0.6', 'text/plain'],
  ['text/html;q=0, */*', 'application/json'],
  ['TEXT/PLAIN', 'text/plain'],
  ['image/png', undefined],
  ['text/html;q=0', undefined],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', 'text/html'],
] as const) {
  test(`Accept: ${accept} prefers ${expected} (RFC 9110 §12.5.1)`, () => {
    assert.equal(preferredType(accept, TYPES), expected)
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { ProtocolError } from './errors.ts'
import { requestFraming } from './framing.ts'
import { DEFAULT_HEAD_LIMITS, RequestHead, readRequestHead } from './request-head.ts'

/** The framing of a request with these field lines, or the status that it is refused with. */
function framing(lines: string, minor = 1): number | string {
  const head = new RequestHead()
  const text = `POST / HTTP/1.${minor}\r\n${lines}\r\n`
  assert.ok(readRequestHead(head, Buffer.from(text, 'latin1'), text, 0, DEFAULT_HEAD_LIMITS))
  try {
    return requestFraming(head)
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return `refused ${error.status}`
  }
}

const LENGTHS: readonly (readonly [string, number | string])[] = [
  ['0', 0],
  ['5', 5],
  ['  5\t', 5],
  ['0005', 5],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 'refused 400'],
  ['9999999999999999', 'refused 400'],
  ['99999999999999999999', 'refused 400'],
  ['18446744073709551621', 'refused 400'],
  ['', 'refused 400'],
  ['+5', 'refused 400'],
  ['-5', 'refused 400'],
  ['-0', 'refused 400'],
  ['5.0', 'refused 400'],
  ['5e0', 'refused 400'],
  ['0x5', 'refused 400'],
  ['5 5', 'refused 400'],
  ['5,5', 'refused 400'],
  ['5, 6', 'refused 400'],
  ['5,', 'refused 400'],
  ['"5"', 'refused 400'],
  ['5;a=b', 'refused 400'],
  ['five', 'refused 400'],
  ['\xa05', 'refused 400'],
  ['5\x85', 'refused 400'],
  ['\xb2', 'refused 400'],
]

test('Content-Length is digits and nothing else (RFC 9110 §8.6)', () => {
  for (const [value, expected] of LENGTHS) assert.equal(framing(`Content-Length: ${value}\r\n`), expected, value)
})

test('Content-Length that is repeated is refused, equal or not (RFC 9112 §6.3)', () => {
  for (const [a, b] of [
    ['5', '5'],
    ['5', '6'],
    ['', '5'],
    ['5', ''],
  ]) {
    assert.equal(framing(`Content-Length: ${a}\r\nX: y\r\ncontent-length: ${b}\r\n`), 'refused 400')
  }
})

test('a request without either field has no body (RFC 9112 §6.3)', () => {
  assert.equal(framing(''), 'none')
  assert.equal(framing('Content-Type: a\r\nContent-Lengths: 5\r\nTransfer-Encodings: chunked\r\n'), 'none')
})

const CODINGS: readonly (readonly [string, string])[] = [
  ['chunked', 'chunked'],
  ['Chunked', 'chunked'],
  ['CHUNKED \t', 'chunked'],
  ['gzip, chunked', 'refused 501'],
  ['identity, chunked', 'refused 501'],
  ['x-new , gzip,chunked', 'refused 501'],
  ['', 'refused 400'],
  [',', 'refused 400'],
  ['gzip', 'refused 400'],
  ['identity', 'refused 400'],
  ['xchunked', 'refused 400'],
  ['chunkedx', 'refused 400'],
  ['chunked, gzip', 'refused 400'],
  ['chunked, identity', 'refused 400'],
  ['chunked, chunked', 'refused 400'],
  ['gzip, chunked, chunked', 'refused 400'],
  ['chunked,', 'refused 400'],
  [', chunked', 'refused 400'],
  ['chunked;a=b', 'refused 400'],
  ['chunked ;', 'refused 400'],
  ['"chunked"', 'refused 400'],
  ["'chunked'", 'refused 400'],
  ['chun ked', 'refused 400'],
  ['chunked chunked', 'refused 400'],
  ['gzip chunked', 'refused 400'],
  ['\xa0chunked', 'refused 400'],
  ['chunked\xa0', 'refused 400'],
  ['ch\xfcnked', 'refused 400'],
]

test('chunked alone is known, an unknown coding before it is 501, all else 400 (RFC 9112 §6.1)', () => {
  for (const [value, expected] of CODINGS) assert.equal(framing(`Transfer-Encoding: ${value}\r\n`), expected, value)
})

test('codings over several lines are one list', () => {
  const lines = (...codings: string[]): string => codings.map((coding) => `Transfer-Encoding: ${coding}\r\n`).join('')
  assert.equal(framing(lines('gzip', 'chunked')), 'refused 501')
  assert.equal(framing(lines('chunked', 'gzip')), 'refused 400')
  assert.equal(framing(lines('chunked', 'chunked')), 'refused 400')
  assert.equal(framing(lines('', 'chunked')), 'refused 400')
})

test('Transfer-Encoding in HTTP/1.0, or beside any Content-Length, is refused (RFC 9112 §6.1)', () => {
  assert.equal(framing('Transfer-Encoding: chunked\r\n', 0), 'refused 400')
  for (const length of ['0', '5', '', 'x']) {
    assert.equal(framing(`Transfer-Encoding: chunked\r\nContent-Length: ${length}\r\n`), 'refused 400')
    assert.equal(framing(`Content-Length: ${length}\r\nTransfer-Encoding: gzip, chunked\r\n`), 'refused 400')
  }
})

test('every length that a number can hold is read exactly, and no other text is taken for one', () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (size) => {
      assert.equal(framing(`Content-Length: ${size}\r\n`), size)
    }),
    runs(200),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789 \t,+-.xXeE"\xa0\xb9'), maxLength: 20 }), (text) => {
      const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '')
      const expected = /^[0-9]+$/.test(trimmed) && trimmed.length < 16 ? Number(trimmed) : undefined
      if (expected !== undefined) assert.equal(framing(`Content-Length: ${text}\r\n`), expected)
      else if (!/^[0-9]+$/.test(trimmed)) assert.equal(framing(`Content-Length: ${text}\r\n`), 'refused 400')
    }),
    runs(1000),
  )
})

test('white space within Transfer-Encoding is read once, however much there is of it', () => {
  const head = new RequestHead()
  const text = `POST / HTTP/1.1\r\nTransfer-Encoding: a${' '.repeat(1_000_000)}b\r\n\r\n`
  const limits = { ...DEFAULT_HEAD_LIMITS, head: 2_000_000 }
  assert.ok(readRequestHead(head, Buffer.from(text, 'latin1'), text, 0, limits))
  assert.throws(() => requestFraming(head), ProtocolError)
})

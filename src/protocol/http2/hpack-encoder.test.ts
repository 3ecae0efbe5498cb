import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainString } from '../../../test/support/hpack-encoder.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { encodeField, encodeFields, encodeStatus } from './hpack-encoder.ts'

/** Decodes with no table at all: nothing that was encoded may ask for one. */
function decode(block: Uint8Array): string[] | undefined {
  return new HpackDecoder(0).decode(block, { size: 1e9, fields: 1e6 })
}

function hex(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('hex')
}

test('statuses of the static table are one byte, and the others a literal', () => {
  const blocks = [200, 204, 206, 304, 400, 404, 500].map((status) => encodeStatus(status).toString('hex'))
  assert.deepEqual(blocks, ['88', '89', '8a', '8b', '8c', '8d', '8e'])
  assert.equal(encodeStatus(302).toString('hex'), '08826402')
  for (let status = 100; status < 1000; status++) {
    assert.deepEqual(decode(encodeStatus(status)), [':status', String(status)])
    assert.equal(encodeStatus(status), encodeStatus(status), 'made once')
  }
})

const FIELDS: readonly (readonly [name: string, value: string, block: string])[] = [
  ['Content-Length', '&&', `0f0d${hex(plainString('&&'))}`],
  ['content-length', '', '9c'],
  ['accept-encoding', 'gzip, deflate', '90'],
  [':path', '/index.html', '85'],
  [':path', '&', `04${hex(plainString('&'))}`],
  ['X&', '&', `00${hex(plainString('x&'))}${hex(plainString('&'))}`],
  ['Set-Cookie', '&', `1f28${hex(plainString('&'))}`],
  ['Cookie', '&', `1f11${hex(plainString('&'))}`],
  ['Authorization', '&', `1f08${hex(plainString('&'))}`],
  ['Proxy-Authorization', '&', `1f22${hex(plainString('&'))}`],
]

test('a field is its index, or a literal with the index of its name that no table takes (§6.2.2, §6.2.3)', () => {
  for (const [name, value, block] of FIELDS) {
    assert.equal(encodeField(name, value).toString('hex'), block, name)
    assert.deepEqual(decode(encodeField(name, value)), [name.toLowerCase(), value])
  }
})

test('any fields are read as they were, the names in lower case, one by one or together', () => {
  const name = fc.oneof(fc.constantFrom('Date', 'ETag', 'Set-Cookie', 'x-y'), fc.stringMatching(/^[!-~]{1,40}$/))
  const value = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (fields) => {
      const block = encodeFields(fields.flat())
      assert.deepEqual(
        decode(block),
        fields.flatMap(([n, v]) => [n.toLowerCase(), v]),
      )
      assert.deepEqual(block, Buffer.concat(fields.map(([n, v]) => encodeField(n, v))))
    }),
    runs(300),
  )
})

test('fields of any size are whole', () => {
  const list = ['x', 'y'.repeat(100_000), 'n'.repeat(40_000), '\n'.repeat(3)]
  assert.deepEqual(decode(encodeFields(list)), list)
})

test('a block that was made stays as it is when others are made', () => {
  const kept = encodeField('date', 'Mon, 21 Oct 2013 20:13:21 GMT')
  const before = kept.toString('hex')
  for (let i = 0; i < 10_000; i++) encodeField('date', `${i}`)
  assert.equal(kept.toString('hex'), before)
})

test('a character that is no byte is refused, in a name and in a value', () => {
  assert.throws(() => encodeField('a', 'b\u010a'), RangeError)
  assert.throws(() => encodeFields(['a\u0100', 'b']), RangeError)
})

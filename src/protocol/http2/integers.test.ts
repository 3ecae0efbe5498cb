import assert from 'node:assert/strict'
import { test } from 'node:test'
import { integer } from '../../../test/support/hpack-encoder.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { HpackError } from './errors.ts'
import { type BlockReader, readInteger, takeByte, writeInteger } from './integers.ts'

const LARGEST = 2 ** 28 - 1

function read(bytes: readonly number[], mask: number): { readonly value: number; readonly at: number } {
  const reader: BlockReader = { bytes: Uint8Array.from(bytes), at: 0 }
  const value = readInteger(reader, takeByte(reader), mask)
  return { value, at: reader.at }
}

function write(pattern: number, mask: number, value: number): number[] {
  const out = new Uint8Array(12)
  return [...out.subarray(3, writeInteger(out, 3, pattern, mask, value))]
}

/** RFC 7541 §C.1, and the edges of each size. */
const INTEGERS: readonly (readonly [value: number, mask: number, bytes: readonly number[]])[] = [
  [10, 0x1f, [0x0a]],
  [1337, 0x1f, [0x1f, 0x9a, 0x0a]],
  [42, 0xff, [0x2a]],
  [30, 0x1f, [0x1e]],
  [31, 0x1f, [0x1f, 0x00]],
  [158, 0x1f, [0x1f, 0x7f]],
  [159, 0x1f, [0x1f, 0x80, 0x01]],
  [127, 0x7f, [0x7f, 0x00]],
  [127 + LARGEST, 0x7f, [0x7f, 0xff, 0xff, 0xff, 0x7f]],
]

test('integers are read and written as RFC 7541 §5.1 says', () => {
  for (const [value, mask, bytes] of INTEGERS) {
    assert.deepEqual(read([...bytes, 0x55], mask), { value, at: bytes.length })
    assert.deepEqual(write(0, mask, value), bytes)
  }
})

test('bits beside the prefix are not the integer', () => {
  assert.equal(read([0xea], 0x1f).value, 10)
  assert.equal(read([0xff, 0x00], 0x0f).value, 15)
  assert.deepEqual(write(0x40, 0x3f, 62), [0x7e])
  assert.deepEqual(write(0x40, 0x3f, 64), [0x7f, 0x01])
})

test('any integer is read as it was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 7 }), fc.nat(LARGEST), (prefix, value) => {
      const bytes = write(0, 2 ** prefix - 1, value)
      assert.deepEqual(bytes, integer(0, prefix, value))
      assert.deepEqual(read(bytes, 2 ** prefix - 1), { value, at: bytes.length })
    }),
    runs(500),
  )
})

const TOO_LARGE: readonly (readonly number[])[] = [
  [0x7f, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x7f, 0x80, 0x80, 0x80, 0x80, 0x00],
  [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x7f, ...new Array<number>(10_000).fill(0x80)],
]

test('an integer that overflows or does not end is refused', () => {
  for (const bytes of TOO_LARGE) {
    assert.throws(
      () => read(bytes, 0x7f),
      (e: unknown) => e instanceof HpackError && /too large/.test(e.message),
    )
  }
})

test('an integer that is cut off is refused', () => {
  for (const bytes of [[], [0x7f], [0x7f, 0x80], [0x7f, 0xff, 0xff, 0xff]]) {
    assert.throws(
      () => read(bytes, 0x7f),
      (e: unknown) => e instanceof HpackError && /ends inside/.test(e.message),
    )
  }
})

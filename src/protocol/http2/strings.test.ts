import assert from 'node:assert/strict'
import { test } from 'node:test'
import { huffmanString, integer, plainString } from '../../../test/support/hpack-encoder.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { HpackError } from './errors.ts'
import type { BlockReader } from './integers.ts'
import { passString, readString, writeString } from './strings.ts'

/** Reads one string, from a Buffer and from plain bytes that stand within others, and passes over it: all must agree. */
function read(bytes: readonly number[]): string {
  const plain: BlockReader = { bytes: Uint8Array.from([1, 2, 3, ...bytes]).subarray(3), at: 0 }
  const reader: BlockReader = { bytes: Buffer.from(bytes), at: 0 }
  const text = readString(reader)
  assert.equal(readString(plain), text)
  assert.deepEqual([reader.at, plain.at], [bytes.length, bytes.length])
  const passing: BlockReader = { bytes: Buffer.from(bytes), at: 0 }
  assert.equal(passString(passing), text.length)
  assert.equal(passing.at, bytes.length)
  return text
}

const latin1 = fc.uint8Array({ maxLength: 300, size: 'max' }).map((bytes) => Buffer.from(bytes).toString('latin1'))

test('strings are read as they were written, plain and by Huffman', () => {
  fc.assert(
    fc.property(latin1, (text) => {
      assert.equal(read(plainString(text)), text)
      assert.equal(read(huffmanString(text)), text)
      const out = Buffer.alloc(text.length + 9)
      assert.equal(read([...out.subarray(0, writeString(out, 0, text))]), text)
    }),
    runs(200),
  )
})

test('strings larger than any block that is usual are whole', () => {
  for (const text of ['0'.repeat(100_000), 'Z\n'.repeat(50_000)]) {
    assert.equal(read(plainString(text)), text)
    assert.equal(read(huffmanString(text)), text)
  }
})

test('Huffman is written where it is shorter', () => {
  const out = Buffer.alloc(100)
  const written = (text: string): string => out.subarray(0, writeString(out, 0, text)).toString('hex')
  assert.equal(written('302'), '826402')
  assert.equal(written('&&'), '022626')
  assert.equal(written('\n\n'), '020a0a')
  assert.equal(written(''), '00')
})

test('a string that its block does not hold is refused', () => {
  for (const bytes of [[], [0x01], [0x81], [0x05, 0x61], [0x7f, 0xff, 0xff, 0xff, 0x7f, 0x61], integer(0, 7, 1e8)]) {
    const refused = (error: unknown): boolean => error instanceof HpackError
    assert.throws(() => readString({ bytes: Uint8Array.from(bytes), at: 0 }), refused)
    assert.throws(() => passString({ bytes: Uint8Array.from(bytes), at: 0 }), refused)
  }
})

test('a text keeps no bytes of its block', () => {
  const bytes = Buffer.from(plainString('a value that is long enough'))
  const text = readString({ bytes, at: 0 })
  bytes.fill(0)
  assert.equal(text, 'a value that is long enough')
})

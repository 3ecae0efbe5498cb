import assert from 'node:assert/strict'
import { test } from 'node:test'
import { huffmanString } from '../../../test/support/hpack-encoder.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { huffmanSize, writeHuffman } from './huffman-encoder.ts'

function encode(text: string): string {
  const out = Buffer.alloc(text.length * 4 + 3)
  const end = writeHuffman(out, 2, text)
  assert.equal(end - 2, huffmanSize(text), 'the size is told beforehand')
  assert.deepEqual([...out.subarray(0, 2), ...out.subarray(end)], new Array(out.length - end + 2).fill(0))
  return out.subarray(2, end).toString('hex')
}

test('texts are written as in RFC 7541 Appendix C', () => {
  assert.equal(encode('www.example.com'), 'f1e3c2e5f23a6ba0ab90f4ff')
  assert.equal(encode('no-cache'), 'a8eb10649cbf')
  assert.equal(encode('302'), '6402')
  assert.equal(encode(''), '')
})

test('any bytes are written as their codes in a row', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1')
      const expected = Buffer.from(huffmanString(text))
      assert.equal(encode(text), expected.subarray(expected.length - huffmanSize(text)).toString('hex'))
    }),
    runs(300),
  )
})

test('a character that is no byte is refused, as a part of it could be a line feed', () => {
  assert.throws(() => huffmanSize('a\u010ab'), RangeError)
  assert.equal(huffmanSize('\u00ff'), 4)
})

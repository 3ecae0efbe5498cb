import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOf, codeOf } from '../../../test/support/hpack-encoder.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { HpackError } from './errors.ts'
import { CODES, EOS } from './huffman-code.ts'
import { decodeHuffman, measureHuffman } from './huffman-decoder.ts'

/** What a Huffman string says, one character a byte; it stands in the midst of other bytes. @throws HpackError */
function decode(string: readonly number[]): string {
  const bytes = Uint8Array.from([0x5a, ...string, 0xa5])
  const out = new Uint8Array(Math.ceil((string.length * 8) / 5) + 1)
  const size = decodeHuffman(bytes, 1, bytes.length - 1, out)
  assert.equal(measureHuffman(bytes, 1, bytes.length - 1), size)
  return Buffer.from(out.subarray(0, size)).toString('latin1')
}

function refused(string: readonly number[], why: RegExp): void {
  const bytes = Uint8Array.from(string)
  const check = (error: unknown): boolean => error instanceof HpackError && why.test(error.message)
  assert.throws(() => decodeHuffman(bytes, 0, bytes.length, new Uint8Array(1000)), check)
  assert.throws(() => measureHuffman(bytes, 0, bytes.length), check)
}

/** The slow way: bit by bit, by looking the code up. Undefined where the string is malformed. */
function slowly(bytes: Uint8Array): string | undefined {
  const symbols = new Map([...CODES.keys()].map((symbol) => [codeOf(symbol), symbol]))
  let text = ''
  let code = ''
  for (const bit of [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')) {
    code += bit
    const symbol = symbols.get(code)
    if (symbol === undefined) continue
    if (symbol === EOS) return undefined
    text += String.fromCharCode(symbol)
    code = ''
  }
  return /^1{0,7}$/.test(code) ? text : undefined
}

test('every byte decodes to itself, at each place within a byte', () => {
  for (let symbol = 0; symbol < 256; symbol++) {
    for (let before = 0; before < 8; before++) {
      const bits = '00000'.repeat(before) + codeOf(symbol)
      const text = decode(bytesOf(bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')))
      assert.equal(text, '0'.repeat(before) + String.fromCharCode(symbol))
    }
  }
})

test('an empty string is empty', () => {
  assert.equal(decode([]), '')
})

test('padding has at most 7 bits, and all of them are ones (RFC 7541 §5.2)', () => {
  assert.equal(decode(bytesOf('00000111')), '0')
  assert.equal(decode(bytesOf(`${'00000'.repeat(5)}1111111`)), '00000')
  for (const bits of ['00000110', '00000011', '00000000', '11111110', '11111111', '0000011111111111', '1'.repeat(24)]) {
    refused(bytesOf(bits), /padding/)
  }
})

test('EOS inside is refused, whatever follows it (RFC 7541 §5.2)', () => {
  for (const bits of ['1'.repeat(32), `${'1'.repeat(30)}00`, `000${'1'.repeat(32)}00000`, `00000${'1'.repeat(35)}`]) {
    refused(bytesOf(bits), /EOS|padding/)
  }
  refused(bytesOf(`${'1'.repeat(30)}0000011111`), /EOS/)
})

test('any bytes give what bit by bit decoding gives', () => {
  const likely = fc.array(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 256 }) }, fc.constant(EOS)))
  const coded = likely.map((symbols) => {
    const bits = symbols.map(codeOf).join('')
    return Uint8Array.from(bytesOf(bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')))
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), coded), (bytes) => {
      const expected = slowly(bytes)
      if (expected === undefined) refused([...bytes], /EOS|padding/)
      else assert.equal(decode([...bytes]), expected)
    }),
    runs(500),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf } from '../../../test/support/hpack-encoder.ts'
import { CODE_BITS, CODES, EOS } from './huffman-code.ts'

/** Some rows of RFC 7541 Appendix B: the first and the last of each length of which there are many, and odd ones. */
const ROWS: readonly (readonly [number, string])[] = [
  [0x30, '00000'],
  [0x74, '01001'],
  [0x20, '010100'],
  [0x75, '101101'],
  [0x3a, '1011100'],
  [0x7a, '1111011'],
  [0x26, '11111000'],
  [0x5a, '11111101'],
  [0x21, '1111111000'],
  [0x7c, '11111111100'],
  [0x00, '1111111111000'],
  [0x5c, '1111111111111110000'],
  [0x80, '11111111111111100110'],
  [0x01, '11111111111111111011000'],
  [0x09, '111111111111111111101010'],
  [0xc0, '11111111111111111111100000'],
  [0xff, '11111111111111111111101110'],
  [0xf9, '1111111111111111111111111110'],
  [0x0a, '111111111111111111111111111100'],
  [0x16, '111111111111111111111111111110'],
  [EOS, '111111111111111111111111111111'],
]

test('the codes are those of RFC 7541 Appendix B', () => {
  assert.deepEqual(
    ROWS.map(([symbol]) => [symbol, codeOf(symbol)]),
    ROWS,
  )
})

test('the code is whole: all 257 symbols have one, and no bits are left over', () => {
  assert.equal(CODES.length, 257)
  assert.equal(
    CODE_BITS.reduce((sum, bits) => sum + 2 ** (30 - bits), 0),
    2 ** 30,
  )
})

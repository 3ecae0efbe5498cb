import { CODE_BITS, CODES } from './huffman-code.ts'

/**
 * The size of a text as Huffman string, in bytes.
 * @throws RangeError for a character above U+00FF: cut to a byte, it could become one that splits messages further on.
 */
export function huffmanSize(text: string): number {
  let bits = 0
  let seen = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    bits += CODE_BITS[c & 255] as number
    seen |= c
  }
  if (seen > 255) throw new RangeError('a field has a character above U+00FF; encode it, for instance as UTF-8')
  return (bits + 7) >>> 3
}

/** Writes a text as Huffman string (RFC 7541 §5.2), padded with the first bits of EOS; returns the place after it. */
export function writeHuffman(out: Uint8Array, at: number, text: string): number {
  let to = at
  let byte = 0
  let room = 8
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const code = CODES[c] as number
    let left = CODE_BITS[c] as number
    while (left >= room) {
      left -= room
      out[to++] = (byte << room) | ((code >>> left) & ((1 << room) - 1))
      byte = 0
      room = 8
    }
    byte = (byte << left) | (code & ((1 << left) - 1))
    room -= left
  }
  if (room < 8) out[to++] = (byte << room) | ((1 << room) - 1)
  return to
}

import { HpackError } from './errors.ts'
import { decodeHuffman, measureHuffman } from './huffman-decoder.ts'
import { huffmanSize, writeHuffman } from './huffman-encoder.ts'
import { type BlockReader, readInteger, takeByte, writeInteger } from './integers.ts'

/** The bit that tells a Huffman string, and the prefix of a string's size (RFC 7541 §5.2). */
const HUFFMAN = 0x80
const SIZE = 0x7f

/** Where Huffman strings are decoded; a larger one gets room of its own. */
const scratch = Buffer.allocUnsafeSlow(8192)

/** Reads a string literal (RFC 7541 §5.2), one character a byte. @throws HpackError for one that is cut off or malformed. */
export function readString(reader: BlockReader): string {
  const first = takeByte(reader)
  const size = readInteger(reader, first, SIZE)
  const from = takeBytes(reader, size)
  if ((first & HUFFMAN) === 0) return latin1(reader.bytes, from, reader.at)
  const most = Math.ceil((size * 8) / 5) + 1
  const out = most <= scratch.length ? scratch : Buffer.allocUnsafeSlow(most)
  return latin1(out, 0, decodeHuffman(reader.bytes, from, reader.at, out))
}

/** Passes over a string literal and checks it; returns its size as decoded. @throws HpackError as `readString` does. */
export function passString(reader: BlockReader): number {
  const first = takeByte(reader)
  const size = readInteger(reader, first, SIZE)
  const from = takeBytes(reader, size)
  return (first & HUFFMAN) === 0 ? size : measureHuffman(reader.bytes, from, reader.at)
}

/**
 * Writes a string literal, by Huffman where that is shorter; returns the place after it.
 * @throws RangeError for a character above U+00FF.
 */
export function writeString(out: Uint8Array, at: number, text: string): number {
  const size = huffmanSize(text)
  if (size < text.length) return writeHuffman(out, writeInteger(out, at, HUFFMAN, SIZE, size), text)
  let to = writeInteger(out, at, 0, SIZE, text.length)
  for (let i = 0; i < text.length; i++) out[to++] = text.charCodeAt(i)
  return to
}

/** Moves on by so many bytes; returns where they begin. */
function takeBytes(reader: BlockReader, size: number): number {
  const from = reader.at
  if (size > reader.bytes.length - from) throw new HpackError('a string is longer than its field block')
  reader.at = from + size
  return from
}

/** One character a byte. For a few characters a call into the platform costs more than they do. */
function latin1(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > 12) {
    const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return buffer.toString('latin1', from, to)
  }
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] as number)
  return text
}

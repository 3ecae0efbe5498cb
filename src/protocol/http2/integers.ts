import { HpackError } from './errors.ts'

/** Where reading stands in a field block. */
export interface BlockReader {
  readonly bytes: Uint8Array
  at: number
}

/** Bits that an integer may have beyond its prefix: it stays below 2^28 + 128. */
const MAX_BITS = 28

/**
 * Reads an integer (RFC 7541 §5.1). `first` is the byte with its prefix, which was taken already; `mask` the prefix's bits.
 * @throws HpackError for one that is cut off, too large, or written with more bytes than any allowed one needs, as an
 * endless row of zeros would be.
 */
export function readInteger(reader: BlockReader, first: number, mask: number): number {
  let value = first & mask
  if (value < mask) return value
  for (let shift = 0; shift < MAX_BITS; shift += 7) {
    const byte = takeByte(reader)
    value += (byte & 127) << shift
    if (byte < 128) return value
  }
  throw new HpackError('an integer is too large')
}

/** The next byte. @throws HpackError at the block's end. */
export function takeByte(reader: BlockReader): number {
  if (reader.at >= reader.bytes.length) throw new HpackError('the field block ends inside a field')
  return reader.bytes[reader.at++] as number
}

/** Writes an integer (RFC 7541 §5.1) behind the bits of `pattern`; returns the place after it. */
export function writeInteger(out: Uint8Array, at: number, pattern: number, mask: number, value: number): number {
  let to = at
  if (value < mask) {
    out[to++] = pattern | value
    return to
  }
  out[to++] = pattern | mask
  let left = value - mask
  while (left >= 128) {
    out[to++] = (left & 127) | 128
    left >>>= 7
  }
  out[to++] = left
  return to
}

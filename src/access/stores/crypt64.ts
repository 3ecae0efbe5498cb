const DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * The base 64 of crypt(3): six bits a digit, the lowest first.
 * @param order Which bytes make up each group of up to three, the highest first.
 */
export function crypt64(bytes: Uint8Array, order: readonly (readonly number[])[]): string {
  let text = ''
  for (const group of order) {
    let value = 0
    for (const at of group) value = (value << 8) | (bytes[at] ?? 0)
    const digits = Math.ceil((group.length * 8) / 6)
    for (let i = 0; i < digits; i++, value >>>= 6) text += DIGITS[value & 63]
  }
  return text
}

/** So many bytes of a digest that is repeated. */
export function repeated(digest: Uint8Array, size: number): Buffer {
  return Buffer.alloc(size, digest)
}

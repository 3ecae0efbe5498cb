/**
 * A field block that is no HPACK. The tables of both ends no longer agree after it, so it ends the connection, with
 * COMPRESSION_ERROR (RFC 9113 §4.3).
 */
export class HpackError extends Error {
  override readonly name: string = 'HpackError'
}

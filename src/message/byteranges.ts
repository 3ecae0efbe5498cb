import { type Body, isSized, type SizedBody } from './body.ts'
import type { ByteRange } from './ranges.ts'

const encoder = new TextEncoder()

/** A part of a body, or undefined where the body cannot be cut. Strings are cut in their UTF-8 form. */
export function cut(body: Body, range: ByteRange): Uint8Array | SizedBody | undefined {
  if (typeof body === 'string') return encoder.encode(body).subarray(range.start, range.end)
  if (body instanceof Uint8Array) return body.subarray(range.start, range.end)
  return isSized(body) ? body.slice(range.start, range.end) : undefined
}

/** Several ranges of one content as multipart/byteranges (RFC 9110 §14.6), with its size known beforehand. */
export class ByteRanges implements AsyncIterable<Uint8Array> {
  /** In bytes. */
  readonly size: number
  readonly type: string
  readonly #parts: readonly (Uint8Array | SizedBody)[]
  readonly #heads: readonly Uint8Array[]

  constructor(body: Body, ranges: readonly ByteRange[], total: number, contentType: string | null) {
    const boundary = globalThis.crypto.randomUUID().replaceAll('-', '')
    this.type = `multipart/byteranges; boundary=${boundary}`
    const type = contentType === null ? '' : `Content-Type: ${contentType}\r\n`
    const heads = ranges.map(({ start, end }, i) => {
      const open = `${i === 0 ? '' : '\r\n'}--${boundary}\r\n`
      return encoder.encode(`${open}${type}Content-Range: bytes ${start}-${end - 1}/${total}\r\n\r\n`)
    })
    heads.push(encoder.encode(`\r\n--${boundary}--\r\n`))
    this.#heads = heads
    this.#parts = ranges.map((range) => cut(body, range) ?? new Uint8Array(0))
    const content = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
    this.size = content + heads.reduce((sum, head) => sum + head.byteLength, 0)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (const [i, head] of this.#heads.entries()) {
      yield head
      const part = this.#parts[i]
      if (part instanceof Uint8Array) yield part
      else if (part !== undefined) yield* part
    }
  }
}

import { type Body, cancelBody, isSized, release, type SizedBody, toBytes } from './body.ts'
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

/**
 * A part of a content that comes piece by piece and whose length is known: what lies before it is read and dropped, what
 * lies behind it is not asked for. One that ends early ends the part early, which its reader notices by the size.
 */
export class PartOf implements AsyncIterable<Uint8Array> {
  /** In bytes. */
  readonly size: number
  readonly #source: AsyncIterable<Uint8Array>
  readonly #range: ByteRange
  readonly #total: number

  constructor(source: AsyncIterable<Uint8Array>, range: ByteRange, total: number) {
    this.size = range.end - range.start
    this.#source = source
    this.#range = range
    this.#total = total
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const { start, end } = this.#range
    let source: AsyncIterator<Uint8Array> | undefined
    let at = 0
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      source ??= this.#source[Symbol.asyncIterator]()
      // To the very end where the part is the last one: only then does the source know that all was taken.
      while (at < end || end === this.#total) {
        const { done, value } = await source.next()
        if (done === true) return { done: true, value: undefined }
        const bytes = toBytes(value)
        const from = Math.max(0, start - at)
        const to = end === this.#total ? bytes.byteLength : Math.min(bytes.byteLength, end - at)
        at += bytes.byteLength
        if (from < to) return { done: false, value: bytes.subarray(from, to) }
      }
      return stop()
    }
    const stop = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      if (source === undefined) cancelBody(this.#source)
      else release(source)
      return { done: true, value: undefined }
    }
    return { next, return: stop }
  }
}

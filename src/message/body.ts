/**
 * What a message carries. Pulling from the iterable is backpressure, its `return()` is cancel; Node streams and Web
 * streams are such iterables already.
 */
export type Body = string | Uint8Array | AsyncIterable<Uint8Array> | null

/** A body whose size is known beforehand and of which any part can be read: what byte ranges are cut from. */
export interface SizedBody extends AsyncIterable<Uint8Array> {
  /** In bytes. */
  readonly size: number
  /** The bytes from `start` up to but not including `end`. Only one of a body and its slices may be read. */
  slice(start: number, end: number): SizedBody
}

/** What a Response can be made from: a body, or one of the platform's objects that hold one. */
export type BodyInit =
  | Body
  | ArrayBuffer
  | ArrayBufferView
  | AsyncIterable<Uint8Array | string>
  | Blob
  | URLSearchParams

const encoder = new TextEncoder()

/** @throws TypeError for a value that is no body. */
export function toBody(init: BodyInit): Body {
  if (init === null || typeof init === 'string' || init instanceof Uint8Array) return init
  if (init instanceof ArrayBuffer) return new Uint8Array(init)
  if (ArrayBuffer.isView(init)) return new Uint8Array(init.buffer, init.byteOffset, init.byteLength)
  if (init instanceof URLSearchParams) return init.toString()
  if (isAsyncIterable(init)) return init as AsyncIterable<Uint8Array>
  if (init instanceof Blob) return blobBody(init)
  throw new TypeError('a body must be a string, bytes, an async iterable of bytes, a Blob, URLSearchParams or null')
}

/** The media type that a body has where no other is said, as in Fetch. */
export function typeOf(init: BodyInit): string | undefined {
  if (typeof init === 'string') return 'text/plain;charset=UTF-8'
  if (init === null || init instanceof Uint8Array) return undefined
  if (init instanceof URLSearchParams) return 'application/x-www-form-urlencoded;charset=UTF-8'
  return init instanceof Blob && init.type !== '' ? init.type : undefined
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return value !== null && typeof value === 'object' && Symbol.asyncIterator in value
}

export function isSized(body: Body): body is SizedBody {
  return (
    isAsyncIterable(body) &&
    typeof (body as SizedBody).slice === 'function' &&
    typeof (body as SizedBody).size === 'number'
  )
}

/** The size in bytes where it is known before the body is read. */
export function knownSize(body: Body): number | undefined {
  if (body === null) return 0
  if (typeof body === 'string') return utf8Size(body)
  if (body instanceof Uint8Array) return body.byteLength
  // A body that cannot be cut may know its size all the same, as several ranges do.
  const { size } = body as Partial<SizedBody>
  return typeof size === 'number' ? size : undefined
}

/** Bytes of a text in UTF-8. */
export function utf8Size(text: string): number {
  let size = text.length
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0x80) continue
    if (c < 0x800) size += 1
    else if (c >= 0xd800 && c < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      size += 2
      i++
    } else size += 2
  }
  return size
}

/** The bytes of one chunk; programs may yield text, which goes out as UTF-8. @throws TypeError for anything else. */
export function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return encoder.encode(chunk)
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk)
  throw new TypeError(`a body yielded ${chunk === null ? 'null' : typeof chunk} where bytes or text were expected`)
}

/** Reads a body to its end. */
export async function readAll(body: Body): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0)
  if (typeof body === 'string') return encoder.encode(body)
  if (body instanceof Uint8Array) return body
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    // A copy: a chunk is the reader's until the next pull only, after which a file fills the same buffer again.
    const bytes = new Uint8Array(toBytes(chunk))
    chunks.push(bytes)
    size += bytes.byteLength
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.byteLength
  }
  return all
}

/**
 * Lets go of a body that will not be read: for HEAD, 304, or a client that went. A Node stream that was never read is
 * not closed by `return()`, nor is a Web stream, so those are told in their own words.
 */
export function cancelBody(body: Body): void {
  if (!isAsyncIterable(body)) return
  const held = body as AsyncIterable<Uint8Array> & {
    destroy?: () => void
    cancel?: () => Promise<void>
    locked?: boolean
  }
  try {
    if (typeof held.destroy === 'function') held.destroy()
    else if (typeof held.cancel === 'function') {
      if (held.locked !== true) held.cancel().catch(ignore)
    } else release(held[Symbol.asyncIterator]())
  } catch {
    // Like one that fails while it is given up.
  }
}

/** Ends a source that is no longer pulled from. One that fails while it is given up has nobody left to tell. */
export function release(source: AsyncIterator<Uint8Array>): void {
  try {
    Promise.resolve(source.return?.()).catch(ignore)
  } catch {
    ignore()
  }
}

function ignore(): void {}

function blobBody(blob: Blob): SizedBody {
  return {
    size: blob.size,
    slice: (start, end) => blobBody(blob.slice(start, end)),
    async *[Symbol.asyncIterator]() {
      yield* blob.stream() as unknown as AsyncIterable<Uint8Array>
    },
  }
}

import type { Ticker } from '../../io/ticker.ts'
import type { OwnFields } from '../../protocol/http1/own-fields.ts'
import {
  CONTINUATION,
  DATA,
  DEFAULT_WINDOW,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_HEAD,
  HEADERS,
  MAX_PAYLOAD,
  MAX_WINDOW,
  putFrameHead,
  putUint32,
  RST_STREAM,
  WINDOW_UPDATE,
} from '../../protocol/http2/frames.ts'
import { answerBlock, putAnswerBlock, type RenderedBlock, roomFor } from '../../protocol/http2/response-fields.ts'
import type { Credit } from './body.ts'
import type { Output } from './output.ts'
import type { Http2Stream } from './stream.ts'

/** Where the stream stands in the head of a frame. */
const STREAM_AT = 5
export const NOTHING: Uint8Array = new Uint8Array(0)
/** A change of the table's size to 0 (RFC 7541 §6.3). */
const NO_TABLE = 0x20

/**
 * Sends answers on the streams of a connection: fields at once, content as the windows of the stream and of the
 * connection and the socket allow, a frame of each stream in turn. So a stream that is not read delays no other.
 */
export class Sender implements Credit {
  /** Bytes of content that the client takes on all streams. */
  window: number = DEFAULT_WINDOW
  /** Frames of content that were sent. */
  frames = 0
  /**
   * Whether the client made its table of fields smaller: the next block must say that we keep to it (RFC 9113 §4.3.1).
   * We use none, and say so once.
   */
  tableChanged = false
  readonly #output: Output
  readonly #ticker: Ticker
  /** Streams whose content waits for their turn. */
  readonly #row: Http2Stream[] = []
  /** The tick at which content was last sent on any stream. */
  #moved = 0

  constructor(output: Output, ticker: Ticker) {
    this.#output = output
    this.#ticker = ticker
  }

  /** Whether the socket holds more than it should. */
  get blocked(): boolean {
    return this.#output.blocked
  }

  /** Sends the head of an answer. @param size Its Content-Length; undefined for none. */
  head(
    stream: Http2Stream,
    status: number,
    fields: RenderedBlock,
    size: number | undefined,
    own: OwnFields,
    end: boolean,
  ): void {
    const room = roomFor(fields, own)
    stream.headSent = true
    if (this.tableChanged || room > MAX_PAYLOAD) return this.block(stream, answerBlock(status, fields, size, own), end)
    const output = this.#output
    const into = output.reserve(FRAME_HEAD + room)
    const from = output.at
    const to = putAnswerBlock(into, from + FRAME_HEAD, status, fields, size, own)
    const flags = end ? FLAG_END_HEADERS | FLAG_END_STREAM : FLAG_END_HEADERS
    putFrameHead(into, from, to - from - FRAME_HEAD, HEADERS, flags, stream.id)
    output.at = to
    stream.bytesOut += to - from
    if (end) stream.ended = true
  }

  /** Sends a field block of any size: interim answers, trailers, large heads (RFC 9113 §6.2, §6.10). */
  block(stream: Http2Stream, fields: Uint8Array, end: boolean): void {
    let block = fields
    if (this.tableChanged) {
      this.tableChanged = false
      block = new Uint8Array(fields.byteLength + 1)
      block[0] = NO_TABLE
      block.set(fields, 1)
    }
    let flags = end ? FLAG_END_STREAM : 0
    let type = HEADERS
    let at = 0
    do {
      const to = Math.min(block.byteLength, at + MAX_PAYLOAD)
      if (to === block.byteLength) flags |= FLAG_END_HEADERS
      this.#frame(stream, type, flags, block, at, to)
      at = to
      type = CONTINUATION
      flags = 0
    } while (at < block.byteLength)
    if (end) stream.ended = true
  }

  /** Sends a whole answer that is kept as frames; returns false where the windows are too small for that. */
  usual(stream: Http2Stream, frames: Uint8Array, headSize: number, contentSize: number): boolean {
    if (this.tableChanged || !this.#mayNow(stream, contentSize)) return false
    const output = this.#output
    const into = output.reserve(frames.byteLength)
    const from = output.at
    into.set(frames, from)
    putUint32(into, from + STREAM_AT, stream.id)
    putUint32(into, from + headSize + STREAM_AT, stream.id)
    output.at = from + frames.byteLength
    stream.bytesOut += frames.byteLength
    stream.headSent = true
    stream.ended = true
    this.#took(stream, contentSize)
    return true
  }

  /**
   * Sends content, or as much as may be sent now: the rest follows, and then `sent` is told to what the stream carries.
   * Returns whether all was sent.
   * @param size Its bytes. @param end Whether the stream ends with it.
   */
  content(stream: Http2Stream, content: string | Uint8Array, size: number, end: boolean): boolean {
    if (this.#mayNow(stream, size)) {
      if (typeof content === 'string') this.#text(stream, content, size, end)
      else this.#frame(stream, DATA, end ? FLAG_END_STREAM : 0, content, 0, size)
      if (end) stream.ended = true
      this.#took(stream, size)
      return true
    }
    stream.pending = typeof content === 'string' ? Buffer.from(content) : content
    stream.pendingAt = 0
    stream.endsWithPending = end
    stream.moved = this.#ticker.now
    this.#queue(stream)
    this.pump()
    return stream.pending === undefined
  }

  /** Ends our side of a stream whose content was sent before. */
  end(stream: Http2Stream): void {
    this.#frame(stream, DATA, FLAG_END_STREAM, NOTHING, 0, 0)
    stream.ended = true
  }

  /** The client may send so many more bytes, on a stream or, as stream 0, on all together. */
  allow(stream: number, bytes: number): void {
    const payload = new Uint8Array(4)
    putUint32(payload, 0, bytes)
    this.control(WINDOW_UPDATE, 0, stream, payload)
  }

  /** Has the client know that a stream is reset. */
  reset(stream: number, code: number): void {
    const payload = new Uint8Array(4)
    putUint32(payload, 0, code)
    this.control(RST_STREAM, 0, stream, payload)
  }

  /** A frame beside the answers. */
  control(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const into = this.#output.reserve(FRAME_HEAD + payload.byteLength)
    const at = putFrameHead(into, this.#output.at, payload.byteLength, type, flags, stream)
    into.set(payload, at)
    this.#output.at = at + payload.byteLength
  }

  /** The client takes so many more bytes on all streams; returns false where that is more than can be counted (§6.9.1). */
  widen(bytes: number): boolean {
    this.window += bytes
    this.pump()
    return this.window <= MAX_WINDOW
  }

  /** The client takes so many more bytes on a stream, or fewer. */
  widenStream(stream: Http2Stream, bytes: number): boolean {
    stream.window += bytes
    if (stream.pending !== undefined) this.#queue(stream)
    this.pump()
    return stream.window <= MAX_WINDOW
  }

  /** Sends what waits, a frame of each stream in turn, until the socket or the windows are full. */
  pump(): void {
    const row = this.#row
    while (row.length > 0 && this.window > 0 && !this.#output.blocked) {
      const stream = row.shift() as Http2Stream
      stream.queued = false
      const { pending, pendingAt: at } = stream
      if (pending === undefined || stream.window <= 0) continue
      const size = Math.min(pending.byteLength - at, stream.window, this.window, MAX_PAYLOAD)
      const last = at + size === pending.byteLength
      const ends = last && stream.endsWithPending
      this.#frame(stream, DATA, ends ? FLAG_END_STREAM : 0, pending, at, at + size)
      this.#took(stream, size)
      stream.moved = this.#moved
      stream.pendingAt = at + size
      if (!last) {
        this.#queue(stream)
        continue
      }
      stream.pending = undefined
      if (ends) stream.ended = true
      stream.carried?.sent()
    }
  }

  /** A stream is closed: what waits is let go, and the stream too, or a client that shuts its window could pile them up. */
  forget(stream: Http2Stream): void {
    stream.pending = undefined
    if (!stream.queued) return
    stream.queued = false
    this.#row.splice(this.#row.indexOf(stream), 1)
  }

  /** Whether the client has taken nothing of a stream for so many ticks, by its window: the socket has a watch of its own. */
  stalled(stream: Http2Stream, patience: number): boolean {
    if (stream.pending === undefined || this.#output.blocked) return false
    const since = stream.window <= 0 ? stream.moved : this.window <= 0 ? Math.max(this.#moved, stream.moved) : Infinity
    return this.#ticker.now - since > patience
  }

  /** Whether so much may be sent now, in one frame. */
  #mayNow(stream: Http2Stream, size: number): boolean {
    return size <= MAX_PAYLOAD && size <= stream.window && size <= this.window && !this.#output.blocked
  }

  #took(stream: Http2Stream, size: number): void {
    stream.window -= size
    this.window -= size
    this.frames++
    this.#moved = this.#ticker.now
  }

  #queue(stream: Http2Stream): void {
    if (stream.queued) return
    stream.queued = true
    this.#row.push(stream)
  }

  #frame(stream: Http2Stream, type: number, flags: number, bytes: Uint8Array, from: number, to: number): void {
    const into = this.#output.reserve(FRAME_HEAD + to - from)
    const at = putFrameHead(into, this.#output.at, to - from, type, flags, stream.id)
    into.set(from === 0 && to === bytes.byteLength ? bytes : bytes.subarray(from, to), at)
    this.#output.at = at + to - from
    stream.bytesOut += FRAME_HEAD + to - from
  }

  #text(stream: Http2Stream, text: string, size: number, end: boolean): void {
    const into = this.#output.reserve(FRAME_HEAD + size)
    const at = putFrameHead(into, this.#output.at, size, DATA, end ? FLAG_END_STREAM : 0, stream.id)
    into.write(text, at, size, size === text.length ? 'latin1' : 'utf8')
    this.#output.at = at + size
    stream.bytesOut += FRAME_HEAD + size
  }
}

import {
  COMPRESSION_ERROR,
  ConnectionFault,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  PROTOCOL_ERROR,
  STREAM_CLOSED,
} from '../../protocol/http2/codes.ts'
import { HpackError } from '../../protocol/http2/errors.ts'
import { FieldBlock } from '../../protocol/http2/field-block.ts'
import type { FrameReceiver } from '../../protocol/http2/frame-reader.ts'
import {
  CONTINUATION,
  DATA,
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FLAG_PADDED,
  FLAG_PRIORITY,
  GOAWAY,
  HEADERS,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  uint31,
  WINDOW_UPDATE,
} from '../../protocol/http2/frames.ts'
import { HpackDecoder } from '../../protocol/http2/hpack-decoder.ts'
import { ClientSettings, takeSettings } from '../../protocol/http2/settings.ts'
import type { Limits } from '../settings.ts'
import { NOTHING, type Sender } from './sender.ts'
import type { Http2Stream } from './stream.ts'
import type { Streams } from './streams.ts'

/** Bytes of content that may be on their way on all streams together: what is received is allowed again at once. */
export const CONNECTION_WINDOW: number = 1024 * 1024
/** Bytes of the table of the client's fields that we keep: what every client begins with. */
const TABLE_SIZE = 4096
/** Updates of windows that are not counted, beside two for each frame of content that was sent. */
const FREE_UPDATES = 100

/** What frames do to a connection. */
export interface Inside {
  readonly streams: Streams
  readonly sender: Sender
  readonly limits: Limits
  /** A request was made. @param fields Undefined where they are over a limit. @param ended Whether it has no body. */
  requested(stream: number, fields: string[] | undefined, ended: boolean): void
  /** A stream is at fault: it is reset. */
  faulty(stream: Http2Stream, code: number): void
  /** A frame came for a stream that is closed, and the client may have known that. */
  late(stream: number): void
  /** The client has reset a stream. */
  cancelled(stream: Http2Stream): void
  /** The trailers of a body came. */
  trailed(stream: Http2Stream, fields: string[] | undefined): void
  /** A body is complete. */
  bodyEnded(stream: Http2Stream): void
  /** An answer to one of our pings came. */
  ponged(): void
  /** The client did something that costs more than it brings. @throws ConnectionFault where it was too often. */
  spendControl(): void
}

/**
 * What the frames of a client mean (RFC 9113 §6): each is checked against the state of its stream and of the
 * connection, and handed on.
 */
export class Inbound implements FrameReceiver {
  /** Whether the client has told its settings. */
  begun = false
  /** Whether it has acknowledged ours. */
  acknowledged = false
  readonly settings: ClientSettings = new ClientSettings()
  /** The field block that has begun and is not complete. */
  readonly block: FieldBlock = new FieldBlock()
  readonly #inside: Inside
  readonly #decoder = new HpackDecoder(TABLE_SIZE)
  /** Bytes of content that may still come on all streams. */
  #window = CONNECTION_WINDOW
  #updates = 0

  constructor(inside: Inside) {
    this.#inside = inside
  }

  frame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    // §3.4: its settings are the first that a client says. §6.10: between the parts of a block stands nothing else.
    if (!this.begun && (type !== SETTINGS || (flags & FLAG_ACK) !== 0)) throw broken('the first frame is no SETTINGS')
    if (this.block.stream !== 0 && type !== CONTINUATION) throw broken('a frame stands within a field block')
    switch (type) {
      case DATA:
        return this.#data(flags, stream, bytes, from, to)
      case HEADERS:
        return this.#headers(flags, stream, bytes, from, to)
      case CONTINUATION:
        return this.#continuation(flags, stream, bytes, from, to)
      case SETTINGS:
        return this.#settings(flags, stream, bytes, from, to)
      case WINDOW_UPDATE:
        return this.#windowUpdate(stream, bytes, from, to)
      case RST_STREAM:
        return this.#reset(stream, to - from)
      case PING:
        return this.#ping(flags, stream, bytes, from, to)
      case PRIORITY:
        return this.#priority(stream, to - from)
      case PUSH_PROMISE:
        throw broken('a client pushes')
      case GOAWAY:
        // It ends what we never do: to begin streams.
        if (stream !== 0) throw broken('GOAWAY on a stream')
        if (to - from < 8) throw new ConnectionFault(FRAME_SIZE_ERROR, 'GOAWAY has a wrong size')
        return this.#inside.spendControl()
      default:
        // Not known, and ignored (§5.5). Too many are a flood all the same.
        this.#inside.spendControl()
    }
  }

  #data(flags: number, id: number, bytes: Uint8Array, from: number, to: number): void {
    if (id === 0) throw broken('DATA on no stream')
    this.#count(to - from)
    const padding = paddingOf(flags, bytes, from, to)
    const start = padding === 0 ? from : from + 1
    const end = padding === 0 ? to : to - padding + 1
    const ended = (flags & FLAG_END_STREAM) !== 0
    if (start === end && !ended) this.#inside.spendControl()
    const stream = this.#inside.streams.open.get(id)
    if (stream === undefined) return this.#closed(id)
    if (stream.remoteEnded || stream.body === null) return this.#inside.faulty(stream, STREAM_CLOSED)
    const { body } = stream
    if (!body.feed(bytes, start, end, padding)) return this.#inside.faulty(stream, FLOW_CONTROL_ERROR)
    // §8.1.1: a body that is not as long as was said is how a second request is hidden in it.
    if (body.declared !== undefined && body.received > body.declared) {
      return this.#inside.faulty(stream, PROTOCOL_ERROR)
    }
    if (ended) this.#inside.bodyEnded(stream)
  }

  /** All that counts is counted, whatever becomes of it, so that one stream never stops the others (§6.9.1). */
  #count(size: number): void {
    this.#window -= size
    if (this.#window < 0) throw new ConnectionFault(FLOW_CONTROL_ERROR, 'more content than was allowed')
    if (this.#window > CONNECTION_WINDOW / 2) return
    this.#inside.sender.allow(0, CONNECTION_WINDOW - this.#window)
    this.#window = CONNECTION_WINDOW
  }

  #headers(flags: number, id: number, bytes: Uint8Array, from: number, to: number): void {
    if (id % 2 === 0) throw broken('HEADERS on a stream that no client opens')
    const padding = paddingOf(flags, bytes, from, to)
    const start = from + (padding === 0 ? 0 : 1) + ((flags & FLAG_PRIORITY) === 0 ? 0 : 5)
    const end = padding === 0 ? to : to - padding + 1
    if (start > end) throw broken('HEADERS is shorter than its own parts')
    const ended = (flags & FLAG_END_STREAM) !== 0
    if ((flags & FLAG_END_HEADERS) !== 0) return this.#fields(id, bytes.subarray(start, end), ended)
    this.block.begin(id, ended, bytes, start, end)
  }

  #continuation(flags: number, id: number, bytes: Uint8Array, from: number, to: number): void {
    const { block } = this
    if (block.stream === 0 || block.stream !== id) throw broken('CONTINUATION of nothing')
    block.add(bytes, from, to, this.#inside.limits.head)
    if ((flags & FLAG_END_HEADERS) === 0) return
    const { ended } = block
    this.#fields(id, block.take(), ended)
  }

  /** A field block is complete. It is decoded whatever becomes of it: the table must stay right (§4.3). */
  #fields(id: number, block: Uint8Array, ended: boolean): void {
    const { streams, limits } = this.#inside
    const fields = this.#decode(block, limits)
    const stream = streams.open.get(id)
    if (stream !== undefined) {
      if (stream.remoteEnded) return this.#inside.faulty(stream, STREAM_CLOSED)
      // §8.1: what follows a body is its end.
      if (!ended) return this.#inside.faulty(stream, PROTOCOL_ERROR)
      return this.#inside.trailed(stream, fields)
    }
    if (id > streams.last) return this.#inside.requested(id, fields, ended)
    const closed = streams.closed(id)
    if (closed === 'whole') {
      // §5.1.1: numbers only rise. The last one may be a stream that was closed just now.
      if (id !== streams.last) throw broken('a stream has a lower number than one before')
      throw new ConnectionFault(STREAM_CLOSED, 'HEADERS on a closed stream')
    }
    if (closed === 'by-client') this.#inside.late(id)
    // The trailers of a body that crossed with our reset; a stream has no more than these.
    else this.#inside.spendControl()
  }

  #decode(block: Uint8Array, limits: Limits): string[] | undefined {
    try {
      return this.#decoder.decode(block, { size: limits.head, fields: limits.fields })
    } catch (error) {
      if (!(error instanceof HpackError)) throw error
      throw new ConnectionFault(COMPRESSION_ERROR, error.message)
    }
  }

  #settings(flags: number, id: number, bytes: Uint8Array, from: number, to: number): void {
    const { sender, streams } = this.#inside
    if (id !== 0) throw broken('SETTINGS on a stream')
    if ((flags & FLAG_ACK) !== 0) {
      if (to > from) throw new ConnectionFault(FRAME_SIZE_ERROR, 'an acknowledgement of settings says something')
      this.acknowledged = true
      return this.#inside.spendControl()
    }
    if (this.begun) this.#inside.spendControl()
    this.begun = true
    const { initialWindow, tableSize } = this.settings
    takeSettings(this.settings, bytes, from, to)
    if (this.settings.tableSize < tableSize) sender.tableChanged = true
    const change = this.settings.initialWindow - initialWindow
    if (change !== 0) {
      // §6.9.2: also for streams that are open.
      for (const stream of streams.open.values()) {
        if (!sender.widenStream(stream, change)) throw new ConnectionFault(FLOW_CONTROL_ERROR, 'a window is too large')
      }
    }
    sender.control(SETTINGS, FLAG_ACK, 0, NOTHING)
  }

  #windowUpdate(id: number, bytes: Uint8Array, from: number, to: number): void {
    const { sender, streams } = this.#inside
    if (to - from !== 4) throw new ConnectionFault(FRAME_SIZE_ERROR, 'WINDOW_UPDATE has a wrong size')
    if (++this.#updates > 2 * sender.frames + FREE_UPDATES) this.#inside.spendControl()
    const more = uint31(bytes, from)
    if (id === 0) {
      if (more === 0) throw broken('WINDOW_UPDATE of nothing')
      if (!sender.widen(more)) throw new ConnectionFault(FLOW_CONTROL_ERROR, 'the window is too large')
      return
    }
    const stream = streams.open.get(id)
    if (stream === undefined) {
      if (streams.closed(id) === undefined) throw broken('WINDOW_UPDATE on an idle stream')
    } else if (more === 0) this.#inside.faulty(stream, PROTOCOL_ERROR)
    else if (!sender.widenStream(stream, more)) this.#inside.faulty(stream, FLOW_CONTROL_ERROR)
  }

  #reset(id: number, size: number): void {
    const { streams } = this.#inside
    if (size !== 4) throw new ConnectionFault(FRAME_SIZE_ERROR, 'RST_STREAM has a wrong size')
    const stream = streams.open.get(id)
    if (stream !== undefined) return this.#inside.cancelled(stream)
    if (streams.closed(id) === undefined) throw broken('RST_STREAM on an idle stream')
    this.#inside.spendControl()
  }

  #ping(flags: number, id: number, bytes: Uint8Array, from: number, to: number): void {
    if (id !== 0) throw broken('PING on a stream')
    if (to - from !== 8) throw new ConnectionFault(FRAME_SIZE_ERROR, 'PING has a wrong size')
    this.#inside.spendControl()
    if ((flags & FLAG_ACK) !== 0) return this.#inside.ponged()
    this.#inside.sender.control(PING, FLAG_ACK, 0, bytes.subarray(from, to))
  }

  /** Priorities of streams are not heard (§5.3.2), their form is checked. */
  #priority(id: number, size: number): void {
    if (id === 0) throw broken('PRIORITY on no stream')
    if (size !== 5) throw new ConnectionFault(FRAME_SIZE_ERROR, 'PRIORITY has a wrong size')
    this.#inside.spendControl()
  }

  /** Content for a stream that is not open. What crossed with our reset is passed over (§5.1). */
  #closed(id: number): void {
    const closed = this.#inside.streams.closed(id)
    if (closed === undefined) throw broken('DATA on an idle stream')
    if (closed === 'whole') throw new ConnectionFault(STREAM_CLOSED, 'DATA on a closed stream')
    if (closed === 'by-client') this.#inside.late(id)
  }
}

/** Bytes of padding, with the one that tells of it; 0 for none (§6.1). */
function paddingOf(flags: number, bytes: Uint8Array, from: number, to: number): number {
  if ((flags & FLAG_PADDED) === 0) return 0
  const padding = from === to ? Number.POSITIVE_INFINITY : (bytes[from] as number) + 1
  if (padding > to - from) throw broken('there is more padding than frame')
  return padding
}

function broken(message: string): ConnectionFault {
  return new ConnectionFault(PROTOCOL_ERROR, message)
}

import type { StreamBody } from './body.ts'

/** What a stream carries: a request and its answer. */
export interface Carried {
  /** All content that waited has been sent. */
  sent(): void
  /** The stream is closed before its time. */
  gone(): void
  /** Looks whether something has lasted too long. Called at each tick. */
  tick(): void
}

/** One stream (RFC 9113 §5): where its two directions stand. */
export class Http2Stream {
  readonly id: number
  readonly body: StreamBody | null
  carried: Carried | undefined = undefined
  /** Whether the client has ended its side. */
  remoteEnded: boolean
  /** Whether our side is ended. */
  ended = false
  /** Whether it is closed: ended by both, or reset by one. */
  closed = false
  /** The tick at which a client that still sends, after the whole answer, is told to stop; 0 where it is not waited for. */
  lingers = 0
  /** Whether the head of the answer was sent. */
  headSent = false
  /** Bytes that may be sent before the client allows more. Below 0 after a setting that takes some back (§6.9.2). */
  window: number
  /** Bytes of frames that were sent. */
  bytesOut = 0
  /** Content that waits to be sent: one chunk at the most, from `pendingAt` on. */
  pending: Uint8Array | undefined = undefined
  pendingAt = 0
  /** Whether the stream ends with it. */
  endsWithPending = false
  /** Whether it stands in the row of those that have something to send. */
  queued = false
  /** The tick at which content was last sent, or began to wait. */
  moved = 0

  constructor(id: number, body: StreamBody | null, window: number) {
    this.id = id
    this.body = body
    this.remoteEnded = body === null
    this.window = window
  }
}

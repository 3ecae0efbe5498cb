import { DATA, PARAMS, RECORD_HEAD, STDERR, STDIN, STDOUT, VERSION } from './codes.ts'
import { FastCgiFault } from './fault.ts'

/** Who is told of records. */
export interface RecordReceiver {
  /**
   * A record came. Of the streams PARAMS, STDIN, STDOUT, STDERR and DATA a record may come in several parts, as its
   * bytes arrive; one without content is the end of the stream. Others come whole. The bytes are there during the call only.
   */
  record(type: number, id: number, content: Uint8Array): void
}

const NOTHING = new Uint8Array(0)

/**
 * Cuts what comes, in any pieces, into records (§3.3), and drops their padding. Holds no more than the head of a record,
 * and the content of one that is no stream.
 */
export class RecordReader {
  readonly #head = new Uint8Array(RECORD_HEAD)
  #have = 0
  #type = 0
  #id = 0
  /** Bytes of content and of padding that are to come. */
  #left = 0
  #padding = 0
  /** The content of a record that is told whole. */
  #whole: Uint8Array | undefined = undefined
  #stopped = false

  /** Whether a record has begun and is not complete. */
  get begun(): boolean {
    return this.#have > 0
  }

  /** Takes all of the bytes, unless the receiver stops it. @throws FastCgiFault, and what the receiver throws. */
  read(bytes: Uint8Array, receiver: RecordReceiver): void {
    const size = bytes.byteLength
    let at = 0
    while (at < size && !this.#stopped) {
      if (this.#have < RECORD_HEAD) {
        if (this.#have === 0 && size - at >= RECORD_HEAD) {
          this.#begin(bytes, at)
          at += RECORD_HEAD
        } else {
          this.#head[this.#have++] = bytes[at++] as number
          if (this.#have < RECORD_HEAD) continue
          this.#begin(this.#head, 0)
        }
        if (this.#left === 0) receiver.record(this.#type, this.#id, NOTHING)
      }
      if (this.#left > 0) {
        const end = Math.min(size, at + this.#left)
        if (end > at) this.#content(bytes, at, end, receiver)
        at = end
        if (this.#left > 0) return
      }
      const skipped = Math.min(size - at, this.#padding)
      this.#padding -= skipped
      at += skipped
      if (this.#padding === 0) this.#have = 0
    }
  }

  /** Nothing more is read, not even of the bytes in hand: the receiver wants no more. */
  stop(): void {
    this.#stopped = true
  }

  #begin(head: Uint8Array, at: number): void {
    const version = head[at] as number
    if (version !== VERSION) throw new FastCgiFault(`a record has version ${version}`)
    this.#have = RECORD_HEAD
    this.#type = head[at + 1] as number
    this.#id = ((head[at + 2] as number) << 8) | (head[at + 3] as number)
    this.#left = ((head[at + 4] as number) << 8) | (head[at + 5] as number)
    this.#padding = head[at + 6] as number
  }

  #content(bytes: Uint8Array, at: number, end: number, receiver: RecordReceiver): void {
    const piece = bytes.subarray(at, end)
    const complete = end - at === this.#left
    if (isStream(this.#type) || (complete && this.#whole === undefined)) {
      this.#left -= end - at
      return receiver.record(this.#type, this.#id, piece)
    }
    this.#whole ??= new Uint8Array(this.#left)
    this.#whole.set(piece, this.#whole.byteLength - this.#left)
    this.#left -= end - at
    if (!complete) return
    const whole = this.#whole
    this.#whole = undefined
    receiver.record(this.#type, this.#id, whole)
  }
}

function isStream(type: number): boolean {
  return type === STDOUT || type === STDIN || type === PARAMS || type === STDERR || type === DATA
}

/** 16 bits, big endian. */
export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

/** 32 bits, big endian. */
export function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2)
}

/** The body of END_REQUEST (§5.5). @throws FastCgiFault for one that is too short. */
export function readEnd(content: Uint8Array): { appStatus: number; protocolStatus: number } {
  if (content.byteLength < 8) throw new FastCgiFault(`an END_REQUEST has ${content.byteLength} bytes, not 8`)
  return { appStatus: uint32(content, 0) | 0, protocolStatus: content[4] as number }
}

import { listMembers } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import { type AnswerEnd, answerEnd, keepsConnection, restAllowed } from './answer-framing.ts'
import { type AnswerHead, AnswerHeadReader } from './answer-head.ts'
import { ChunkedDecoder } from './chunked.ts'
import { ProtocolError } from './errors.ts'

/** Informational answers before the one that counts: more are a flood. */
const MAX_INFORMATIONAL = 32
const TRAILERS = { head: 8192, fields: 50 }

/** Who is told what an answer says. Content is there during the call only. */
export interface AnswerEvents {
  /** The head; of informational ones another one follows. @param end Where the content ends. */
  head(head: AnswerHead, end: AnswerEnd): void
  content(bytes: Uint8Array): void
}

/** What is read at present. */
type State = 'head' | 'size' | 'chunks' | 'close' | 'done' | 'switched' | 'stopped'

/** Reads the answers of one connection, one at a time (RFC 9112 §4 to §7). */
export class AnswerReader {
  #state: State = 'stopped'
  #method = ''
  #upgrade: string | undefined = undefined
  readonly #head = new AnswerHeadReader()
  #left = 0
  #decoder: ChunkedDecoder | undefined = undefined
  #informational = 0
  #keeps = true
  #rest: number | undefined = undefined

  /** The next answer is one to such a request. @param upgrade The protocols that it offered. */
  begin(method: string, upgrade: string | undefined): void {
    this.#state = 'head'
    this.#method = method
    this.#upgrade = upgrade
    this.#informational = 0
    this.#decoder = undefined
  }

  /** Whether the answer is complete. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** Whether the connection has been switched to another protocol. */
  get switched(): boolean {
    return this.#state === 'switched'
  }

  /** Whether a head has begun to come. */
  get begun(): boolean {
    return this.#head.begun
  }

  /** Whether the connection may be used again. */
  get keeps(): boolean {
    return this.#keeps
  }

  /** How long it may rest, in milliseconds, by the last answer that said so. */
  get rest(): number | undefined {
    return this.#rest
  }

  /** The fields behind the content. */
  get trailers(): Headers | undefined {
    const lines = this.#decoder?.trailers
    return lines === undefined || lines === '' ? undefined : Headers.fromLines(lines)
  }

  /** Reads no further. May be called from within an event. */
  stop(): void {
    this.#state = 'stopped'
  }

  /** Takes bytes. Returns how many of them belong to the answer. @throws ProtocolError for what is none. */
  read(bytes: Buffer, events: AnswerEvents): number {
    let at = 0
    while (at < bytes.byteLength) {
      switch (this.#state) {
        case 'head': {
          at = this.#head.take(bytes, at)
          if (at < 0) return bytes.byteLength
          this.#begin(this.#head.finish(), events)
          break
        }
        case 'size': {
          const end = Math.min(bytes.byteLength, at + this.#left)
          this.#left -= end - at
          if (this.#left === 0) this.#state = 'done'
          events.content(at === 0 && end === bytes.byteLength ? bytes : bytes.subarray(at, end))
          at = end
          break
        }
        case 'chunks':
          at = this.#chunks(bytes, at, events)
          break
        case 'close':
          events.content(at === 0 ? bytes : bytes.subarray(at))
          return bytes.byteLength
        default:
          return at
      }
    }
    return at
  }

  /** The other side has ended the connection. Returns whether the answer was complete by that. */
  end(): boolean {
    if (this.#state === 'close') this.#state = 'done'
    return this.#state === 'done'
  }

  #begin(head: AnswerHead, events: AnswerEvents): void {
    const end = answerEnd(head, this.#method)
    this.#rest = restAllowed(head) ?? this.#rest
    if (head.status < 200) {
      if (head.status === 101) this.#switch(head)
      else if (++this.#informational > MAX_INFORMATIONAL) {
        throw new ProtocolError(502, 'informational', `it sent more than ${MAX_INFORMATIONAL} informational answers`)
      }
    } else {
      this.#keeps = end !== 'close' && keepsConnection(head)
      if (end === 'none' || end === 0) this.#state = 'done'
      else if (end === 'close') this.#state = 'close'
      else if (end === 'chunked') {
        this.#decoder = new ChunkedDecoder(TRAILERS)
        this.#state = 'chunks'
      } else {
        this.#left = end
        this.#state = 'size'
      }
    }
    events.head(head, end)
  }

  /** RFC 9110 §7.8: to a protocol that was offered, or the other side speaks one that nobody here understands. */
  #switch(head: AnswerHead): void {
    if (this.#upgrade === undefined) throw badSwitch('a switch of the protocol that nobody asked for')
    const offered = listMembers(this.#upgrade.toLowerCase())
    const chosen = listMembers((head.headers.get('upgrade') ?? '').toLowerCase())
    if (chosen.length === 0 || !chosen.every((one) => offered.includes(one))) {
      throw badSwitch('a switch to a protocol that nobody offered')
    }
    this.#state = 'switched'
  }

  #chunks(bytes: Uint8Array, from: number, events: AnswerEvents): number {
    const decoder = this.#decoder
    if (decoder === undefined) return bytes.byteLength
    let at = from
    while (at < bytes.byteLength && this.#state === 'chunks') {
      at = decoder.step(bytes, at)
      if (decoder.done) this.#state = 'done'
      if (decoder.data !== undefined) events.content(decoder.data)
    }
    return at
  }
}

function badSwitch(message: string): ProtocolError {
  return new ProtocolError(502, 'switch', message)
}

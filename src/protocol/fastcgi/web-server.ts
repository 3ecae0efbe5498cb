import { CREDIT, END_REQUEST, GET_VALUES_RESULT, MANAGEMENT, STDERR, STDOUT, TRAILERS, UNKNOWN_TYPE } from './codes.ts'
import { FastCgiFault } from './fault.ts'
import { RecordReader, type RecordReceiver, readEnd, uint32 } from './record-reader.ts'
import { MAX_ACTIVE, RequestIds } from './request-ids.ts'

/** A request, as the application answers it (Dispatcher of fcgi.isl). Bytes are there during the call only. */
export interface Answered {
  stdout(bytes: Uint8Array): void
  stderr(bytes: Uint8Array): void
  /** The application has read so much of what it was sent: our own, see CREDIT. */
  credit(bytes: number): void
  /** The fields behind the content, as HTTP/1 has them: our own, see TRAILERS. */
  trailers?(bytes: Uint8Array): void
  /** @param appStatus What the application says. @param protocolStatus How it went (§5.5). */
  endRequest(appStatus: number, protocolStatus: number): void
}

/** Who is told of management records; their bytes are there during the call only. */
export interface Management {
  values?(content: Uint8Array): void
  /** The application does not know a type of record that it was sent (§4.2). */
  unknownType?(type: number): void
}

/**
 * The web server's half of one connection: records become calls. What belongs to no request is never given to one, for
 * it would be another client's.
 */
export class WebServerEnd<R extends Answered = Answered> implements RecordReceiver {
  /** Whether the application sent what it should not have, so that no further request may go this way. */
  spoiled = false
  /** How many requests it has ended. */
  ended = 0
  readonly #reader = new RecordReader()
  readonly #requests = new RequestIds<R>()
  readonly #management: Management

  constructor(management: Management = {}) {
    this.#management = management
  }

  /** How many requests are active. */
  get active(): number {
    return this.#requests.size
  }

  /** Whether no further request has room. */
  get full(): boolean {
    return this.#requests.size >= MAX_ACTIVE
  }

  /** A request is about to be sent: its id, which stays its own until the application ends it. */
  begin(request: R): number {
    return this.#requests.add(request)
  }

  /** All that are active. */
  forEach(call: (request: R) => void): void {
    this.#requests.forEach(call)
  }

  /** What comes, in any pieces. @throws FastCgiFault where it is no FastCGI: the connection is of no use any more. */
  read(bytes: Uint8Array): void {
    this.#reader.read(bytes, this)
  }

  /** What comes is of no interest any more. */
  stopReading(): void {
    this.#reader.stop()
  }

  /** Nothing more is told. Returns the requests that were active. */
  stop(): R[] {
    this.#reader.stop()
    return this.#requests.clear()
  }

  record(type: number, id: number, content: Uint8Array): void {
    if (id === MANAGEMENT) return this.#manage(type, content)
    if (type !== STDOUT && type !== STDERR && type !== END_REQUEST && type !== CREDIT && type !== TRAILERS) return
    const request = this.#requests.get(id)
    if (request === undefined) return this.#stray(type, id, content)
    switch (type) {
      case STDOUT:
        // Without content it is the end of the stream; the end of the answer is END_REQUEST alone (php-fpm sends no other).
        if (content.byteLength > 0) request.stdout(content)
        return
      case STDERR:
        if (content.byteLength > 0) request.stderr(content)
        return
      case CREDIT:
        if (content.byteLength < 4) throw new FastCgiFault(`a CREDIT has ${content.byteLength} bytes, not 4`)
        return request.credit(uint32(content, 0))
      case TRAILERS:
        return request.trailers?.(content)
      default: {
        const { appStatus, protocolStatus } = readEnd(content)
        this.#requests.delete(id)
        this.ended++
        return request.endRequest(appStatus, protocolStatus)
      }
    }
  }

  /** §4: others are to be ignored. */
  #manage(type: number, content: Uint8Array): void {
    if (type === GET_VALUES_RESULT) this.#management.values?.(content)
    else if (type === UNKNOWN_TYPE && content.byteLength > 0) this.#management.unknownType?.(content[0] as number)
  }

  /** Whom it was for nobody can say, and whose it is that others get neither. */
  #stray(type: number, id: number, content: Uint8Array): void {
    if (type === CREDIT) return
    this.spoiled = true
    if (content.byteLength > 0 && this.#requests.size > 0) {
      throw new FastCgiFault(`a record of type ${type} came for request ${id}, which is none that runs`)
    }
  }
}

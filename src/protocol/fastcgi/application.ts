import { ById } from './by-id.ts'
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  CREDIT,
  DATA,
  GET_VALUES,
  GET_VALUES_RESULT,
  MANAGEMENT,
  PARAMS,
  type RoleName,
  STDIN,
  TRAILERS,
} from './codes.ts'
import { FastCgiFault } from './fault.ts'
import { nameValues, readNameValues } from './name-values.ts'
import { RecordReader, type RecordReceiver, uint16, uint32 } from './record-reader.ts'
import { record, unknownType } from './records.ts'

/** What the application knows of itself (Manager of fcgi.isl). */
export interface Manager {
  /** The values of the names that it knows: name, value, name, value (§4.1). */
  getValues(names: readonly string[]): readonly string[]
}

/** The application, as the web server calls it (App of fcgi.isl). */
export interface App extends Manager {
  /** A request begins (§5.1). Undefined where it is not taken: then it is ended already. @param role Undefined: unknown. */
  beginRequest(id: number, role: RoleName | undefined, flags: number): AppRequest | undefined
}

/** A request, as the web server calls it (Request, Responder and Filter of fcgi.isl). */
export interface AppRequest {
  /** All variables have come. @param variables Name, value, name, value; byte strings. */
  params(variables: readonly string[]): void
  /** They are more than was allowed, and the rest of them is dropped. */
  paramsTooLarge(): void
  /** A piece of the content; an empty one is its end. It is there during the call only. */
  stdin(bytes: Uint8Array): void
  /** A piece of the file that is filtered; an empty one is its end. It is there during the call only. */
  data(bytes: Uint8Array): void
  /** So many bytes more may be sent: our own, see CREDIT. */
  credit(bytes: number): void
  /** The fields behind the content, as HTTP/1 has them: our own, see TRAILERS. */
  trailers?(bytes: Uint8Array): void
  /** The web server wants no answer any more (§5.4). */
  abort(): void
  /** The connection is closed: nothing can be answered any more. */
  gone(): void
}

interface Active {
  readonly request: AppRequest
  /** What came of the variables; undefined when they were told. */
  params: string | undefined
  /** Of how many pieces that is put together. */
  pieces: number
}

/** Pieces of variables that are never worth a copy. */
const FEW_PIECES = 64

const ROLES: readonly (RoleName | undefined)[] = [undefined, 'Responder', 'Authorizer', 'Filter']

/**
 * The application's half of one connection: records become calls. It knows which request ids are active; records of
 * others are ignored (§3.3), for the web server cannot know at once that a request has ended.
 */
export class ApplicationEnd implements RecordReceiver {
  readonly #reader = new RecordReader()
  readonly #active = new ById<Active>()
  readonly #app: App
  readonly #maxParams: number
  readonly #write: (records: string) => void

  /** @param maxParams Bytes that the variables of one request may have. @param write Takes what is answered at once. */
  constructor(app: App, maxParams: number, write: (records: string) => void) {
    this.#app = app
    this.#maxParams = maxParams
    this.#write = write
  }

  /** How many requests are active. */
  get active(): number {
    return this.#active.size
  }

  /** @throws FastCgiFault where it is not what the specification has: the connection is of no use any more. */
  read(bytes: Uint8Array): void {
    this.#reader.read(bytes, this)
  }

  /** The request is ended: its id is free. */
  ended(id: number): void {
    this.#active.delete(id)
  }

  /** Nothing more is told. Returns the requests that were active. */
  stop(): AppRequest[] {
    this.#reader.stop()
    return this.#active.clear().map(({ request }) => request)
  }

  record(type: number, id: number, content: Uint8Array): void {
    if (id === MANAGEMENT) return this.#manage(type, content)
    if (type === BEGIN_REQUEST) return this.#begin(id, content)
    const active = this.#active.get(id)
    if (active === undefined) return
    switch (type) {
      case PARAMS:
        return this.#params(active, content)
      case STDIN:
        return told(active).stdin(content)
      case DATA:
        return told(active).data(content)
      case ABORT_REQUEST:
        return active.request.abort()
      case TRAILERS:
        return told(active).trailers?.(content)
      case CREDIT:
        if (content.byteLength < 4) throw new FastCgiFault(`a CREDIT has ${content.byteLength} bytes, not 4`)
        return active.request.credit(uint32(content, 0))
    }
  }

  /** §4: what is no management record that we know is told so. Those of a request must name it. */
  #manage(type: number, content: Uint8Array): void {
    if (type === GET_VALUES) {
      const asked = readNameValues(latin1(content))
      const names = new Set(asked.filter((_, i) => i % 2 === 0))
      return this.#write(record(GET_VALUES_RESULT, MANAGEMENT, nameValues(this.#app.getValues([...names]))))
    }
    if (type <= DATA) throw new FastCgiFault(`a record of type ${type} names no request`)
    this.#write(unknownType(type))
  }

  #begin(id: number, content: Uint8Array): void {
    if (content.byteLength < 8) throw new FastCgiFault(`a BEGIN_REQUEST has ${content.byteLength} bytes, not 8`)
    // Whose of the two the next records are nobody could say: one client would see what another asked.
    if (this.#active.get(id) !== undefined) throw new FastCgiFault(`request ${id} was begun a second time`)
    const request = this.#app.beginRequest(id, ROLES[uint16(content, 0)], content[2] as number)
    if (request !== undefined) this.#active.add(id, { request, params: '', pieces: 0 })
  }

  #params(active: Active, content: Uint8Array): void {
    const { params, request } = active
    if (params === undefined) return
    if (content.byteLength === 0) {
      active.params = undefined
      return request.params(readNameValues(params))
    }
    if (params.length + content.byteLength > this.#maxParams) {
      active.params = undefined
      return request.paramsTooLarge()
    }
    active.params = params + latin1(content)
    // V8 takes 32 bytes for each piece of a text: a web server that sends one byte a record would take as much for each.
    if (++active.pieces <= FEW_PIECES + active.params.length / 32) return
    active.params = Buffer.from(active.params, 'latin1').toString('latin1')
    active.pieces = 0
  }
}

/** §5.2: the variables come first. */
function told({ request, params }: Active): AppRequest {
  if (params !== undefined) throw new FastCgiFault('the content of a request came before its variables were complete')
  return request
}

function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('latin1')
}

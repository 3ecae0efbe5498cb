import type { Request } from '../../message/request.ts'
import { KeepConn, MAX_CONTENT, ProtocolStatus, Role, STDIN, Windowed } from '../../protocol/fastcgi/codes.ts'
import { pairsStream } from '../../protocol/fastcgi/name-values.ts'
import { beginRequest, streamEnd, wholeRequest } from '../../protocol/fastcgi/records.ts'
import type { Call, CallEvents, Open, Quick, QuickThrough, Wire } from '../call.ts'
import type { ApplicationConnection, Loss, Traveller } from './connection.ts'
import { type Choice, FastCgiCall, type Place } from './fastcgi-call.ts'

/** Bytes of an answer that is still a small one. */
const SMALL = 16384
/** As our own ends write it where the content is known. */
const SIZED = '\r\nContent-Length: '
/** Looks at the clock after which a call goes on like any other. */
const USUAL = 2

/**
 * A GET without content on its way to one of our own ends, where nearly all answers are small and come in one piece:
 * nothing is made for it but this object and its text. As soon as anything is not as usual (a large answer, a word to the
 * error log, time, the client, the connection) it goes on like any other call, from where it is.
 */
export abstract class QuickCall implements Quick, Traveller {
  readonly request: Request
  through: QuickThrough | undefined = undefined
  #connection: ApplicationConnection | undefined = undefined
  #place: Place | undefined = undefined
  #choice: Choice | undefined = undefined
  #id = 0
  #age = 0
  #text = ''
  #over = false
  #usual: FastCgiCall | undefined = undefined

  constructor(request: Request) {
    this.request = request
  }

  /** Name-value pairs. */
  protected abstract get pairs(): string
  /** Takes the whole answer; false where it is none of the usual ones. */
  protected abstract take(answer: string): boolean
  /** Goes on like any other call. @param open Opens it: at first this very one. */
  protected abstract goOn(open: (usual: Open) => Open): void

  /** Sends it. */
  begin(connection: ApplicationConnection, place: Place, choice: Choice): void {
    this.#connection = connection
    this.#place = place
    this.#choice = choice
    const id = connection.begin(this, true)
    this.#id = id
    const { pairs } = this
    connection.output.text(
      pairs.length <= MAX_CONTENT
        ? wholeRequest(id, pairs)
        : beginRequest(id, Role.Responder, KeepConn | Windowed) + pairsStream(id, pairs) + streamEnd(STDIN, id),
    )
    this.request.onAbort(() => {
      if (!this.#over) this.#become()
    })
  }

  stdout(bytes: Uint8Array): void {
    if (this.#usual !== undefined) return this.#usual.stdout(bytes)
    if (this.#text.length + bytes.byteLength > SMALL) return this.#become()?.stdout(bytes)
    this.#text += latin1(bytes)
    // What says no length may be a stream, of which the client waits for each piece.
    if (!this.#text.includes(SIZED)) this.#become()
  }

  stderr(bytes: Uint8Array): void {
    this.#become()?.stderr(bytes)
  }

  /** There is no content for which there could be any. */
  credit(): void {}

  trailers(bytes: Uint8Array): void {
    this.#become()?.trailers(bytes)
  }

  endRequest(appStatus: number, protocolStatus: number): void {
    const plain = appStatus === 0 && protocolStatus === ProtocolStatus.requestComplete
    if (this.#usual === undefined && plain && this.take(this.#text)) {
      this.#over = true
      this.#place?.ended(this)
      this.through?.ended()
      return
    }
    this.#become()?.endRequest(appStatus, protocolStatus)
  }

  lost(loss: Loss, first: boolean, waiting: boolean): void {
    this.#become()?.lost(loss, first, waiting)
  }

  tick(): void {
    if (this.#usual === undefined && ++this.#age >= USUAL) this.#become()
  }

  /** From here on it is a call like any other, which is told what has come so far. */
  #become(): FastCgiCall | undefined {
    if (this.#usual !== undefined) return this.#usual
    this.#over = true
    const { through } = this
    let first = true
    this.goOn((usual) => (call, events) => {
      if (!first) return usual(call, events)
      first = false
      return through === undefined
        ? this.#going(call, events)
        : through.adopt(call, events, (inner) => this.#going(call, inner))
    })
    const text = this.#text
    this.#text = ''
    const usual = this.#usual as FastCgiCall | undefined
    if (text !== '') usual?.stdout(Buffer.from(text, 'latin1'))
    return usual
  }

  #going(call: Call, events: CallEvents): Wire {
    const place = this.#place as Place
    call.tried ??= new Set()
    const question = { role: 'Responder', forms: call, content: undefined, data: undefined, idempotent: true } as const
    const usual = new FastCgiCall(question, events, place, this.#choice as Choice, call.tried)
    usual.goOn(this.#connection as ApplicationConnection, this.#id)
    this.#usual = usual
    return usual
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

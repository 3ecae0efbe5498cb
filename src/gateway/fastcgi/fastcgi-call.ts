import { HttpError } from '../../message/errors.ts'
import type { Headers } from '../../message/headers.ts'
import { KeepConn, Role, STDIN, Windowed } from '../../protocol/fastcgi/codes.ts'
import { pairsStream, paramsStream } from '../../protocol/fastcgi/name-values.ts'
import { abortRequest, beginRequest, streamEnd } from '../../protocol/fastcgi/records.ts'
import { readTrailers } from '../../protocol/fastcgi/trailers.ts'
import { badAnswer, type CallEnd, type CgiEvents, type Wire } from '../call.ts'
import { notConnected, notTaken } from '../connect-error.ts'
import type { ApplicationConnection, Loss, Traveller } from './connection.ts'
import { Input, type InputEvents } from './input.ts'
import { isRefusal, outcome } from './outcome.ts'
import { isAtHand, type Question } from './question.ts'
import { Receiving } from './receiving.ts'

/** Where a call is taken: the pool of one address. */
export interface Place {
  /** The application, for the log. */
  readonly name: string
  /** The application has ended the request of a call. */
  ended(call: object): void
  /** Nobody wants the answer of a call that the application was sent; it was told. */
  aborted(call: FastCgiCall): void
  /** The call waits no longer, for nobody wants its answer. */
  forget(call: FastCgiCall): void
  /** The queue of the application is full: has the call wait. Returns false where it has been full for too long. */
  postpone(call: FastCgiCall): boolean
  /** The application did not take the call. Returns whether it may be tried once more, here or elsewhere. */
  refused(call: FastCgiCall, protocolStatus: number): boolean
}

/** Who may be asked instead. */
export interface Choice {
  /** Notes that it was tried there. Returns whether there is another address for it. */
  elsewhere(place: Place, tried: Set<unknown>): boolean
}

/** Stands among the places where a call was tried: a connection that had been kept for it was of no use. */
export const FRESH: unique symbol = Symbol('fresh')

/** One request, from when it is given to a pool to its END_REQUEST. */
export class FastCgiCall implements Wire, Traveller, InputEvents {
  readonly fed: boolean
  readonly question: Question
  connection: ApplicationConnection | undefined = undefined
  /** Whether others ran on its connection when it was sent. */
  shared = false
  /** Looks at the clock since it was aborted. */
  abortedFor = 0
  readonly #place: Place
  readonly #events: CgiEvents
  readonly #choice: Choice
  readonly #tried: Set<unknown>
  #id = 0
  #input: Input | undefined = undefined
  #receiving: Receiving | undefined = undefined
  /** Whether nobody waits for the answer any more. */
  #over = false
  #touched = false
  /** Whether it wrote to its standard error: then it has begun with the request, which must not be done twice. */
  #complained = false
  /** The fields behind the content of the answer. */
  #trailers: Headers | undefined = undefined

  /** @param tried Where it was tried. */
  constructor(question: Question, events: CgiEvents, place: Place, choice: Choice, tried: Set<unknown>) {
    this.question = question
    this.#choice = choice
    this.#tried = tried
    this.#events = events
    this.#place = place
    this.fed = isAtHand(question)
  }

  /** Whether it must have a connection that has served no request yet. */
  get fresh(): boolean {
    return this.#tried.has(FRESH)
  }

  get process(): string {
    return this.#place.name
  }

  /** Sends it: all that is at hand in one write. */
  begin(connection: ApplicationConnection, keep: boolean): void {
    const { role, forms, content } = this.question
    const whole = connection.objects ? forms.whole : undefined
    const { output, window } = connection
    const id = connection.begin(this, keep)
    this.connection = connection
    this.shared = connection.active > 1
    this.#id = id
    this.#receiving = new Receiving(id, connection)
    const flags = (keep ? KeepConn : 0) | (window > 0 ? Windowed : 0)
    const head =
      beginRequest(id, Role[role], flags) +
      (whole === undefined ? paramsStream(id, forms.variables) : pairsStream(id, whole))
    if (role === 'Authorizer') return output.text(head)
    if (this.fed && role === 'Responder' && (content === undefined || content.size === 0)) {
      return output.text(head + streamEnd(STDIN, id))
    }
    output.hold()
    output.text(head)
    this.#input ??= new Input(this.question, this)
    this.#input.begin(connection, id)
    if (this.fed) {
      if (content?.bytes !== undefined && content.bytes.byteLength > 0) this.#input.write(content.bytes)
      this.#input.end()
    }
    output.release()
  }

  /** It was sent already, without content. */
  goOn(connection: ApplicationConnection, id: number): void {
    this.connection = connection
    this.shared = true
    this.#id = id
    this.#receiving = new Receiving(id, connection)
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over) return true
    this.#input ??= new Input(this.question, this)
    return this.#input.write(bytes)
  }

  endInput(trailers?: Headers): void {
    if (this.#over) return
    this.#input ??= new Input(this.question, this)
    this.#input.end(trailers)
  }

  pause(): void {
    if (!this.#over) this.#receiving?.pause()
  }

  resume(): void {
    if (!this.#over) this.#receiving?.resume()
  }

  /** The application is told (§5.4), and ends the request in its turn. */
  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#input?.stop()
    const { connection } = this
    if (connection === undefined) return this.#place.forget(this)
    if (connection.connecting && connection.active === 1) return connection.close()
    this.#place.aborted(this)
    this.#receiving?.resume()
    connection.output.text(abortRequest(this.#id))
  }

  stdout(bytes: Uint8Array): void {
    const bearable = this.#receiving?.came(bytes.byteLength)
    if (this.#over) return
    this.#touched = true
    this.#events.output(bytes)
    this.#after(bearable)
  }

  stderr(bytes: Uint8Array): void {
    const bearable = this.#receiving?.came(bytes.byteLength)
    if (this.#over) return
    this.#complained = true
    this.#events.errorOutput(bytes)
    this.#after(bearable)
  }

  credit(bytes: number): void {
    this.#input?.credit(bytes)
  }

  trailers(bytes: Uint8Array): void {
    this.#trailers = readTrailers(bytes)
  }

  inputTaken(): void {
    this.#events.drained()
  }

  inputFailed(cause: unknown): void {
    this.#breakOff(new HttpError(500, { cause }))
  }

  endRequest(appStatus: number, protocolStatus: number): void {
    this.#receiving?.resume()
    this.#place.ended(this)
    if (this.#over) return
    const end = outcome(this.#place.name, this.question.role, appStatus, protocolStatus)
    if (!isRefusal(protocolStatus)) {
      return this.#end(this.#trailers === undefined ? end : { ...end, trailers: this.#trailers })
    }
    const again = this.#place.refused(this, protocolStatus)
    const unbegun = !this.#touched && !this.#complained
    this.#end({ ...end, again: again && !this.#touched, unbegun })
  }

  lost(loss: Loss, first: boolean, waiting: boolean): void {
    if (this.#over) return
    const { name } = this.#place
    if (loss.connect !== undefined) return this.#notConnected(loss.connect)
    if (loss.fault !== undefined)
      return this.#end({ error: badAnswer(`${name}: it broke the protocol: ${loss.fault}`) })
    const when = this.#touched ? 'within its answer' : 'without an answer'
    const error = badAnswer(`${name}: it closed the connection ${when}`)
    // It may have closed a connection that it had kept before the request came to it. One that it has read whole it may
    // also have begun with.
    if (waiting && !this.#touched && !this.#complained)
      return this.#end({ error, unbegun: true, again: this.elsewhere() })
    // Where connections are shared the next one may have served others too: once is enough, since it may be the request
    // that ends whoever gets it.
    const again =
      !first && !this.fresh && !this.#touched && !this.#complained && (this.question.idempotent || loss.reset)
    if (again) this.#tried.add(FRESH)
    this.#end({ error, again })
  }

  /** Whether there is another address where it may be tried. */
  elsewhere(): boolean {
    return this.#choice.elsewhere(this.#place, this.#tried)
  }

  /** Nobody takes it. @param what Why, for the log. */
  notTaken(what: string, status: 503 | 504 = 503): void {
    if (!this.#over) this.#end({ error: notTaken(what, status), again: this.elsewhere(), unbegun: true })
  }

  /** A full queue is no failure of the application: it is tried there once more, by itself where that is possible. */
  #notConnected(code: string): void {
    const full = code === 'EAGAIN'
    if (full && this.fed && this.#place.postpone(this)) {
      this.connection = undefined
      this.#input = undefined
      return
    }
    const error = notConnected(this.#place.name, code)
    this.#end({ error, again: this.elsewhere() || (full && !this.fed), unbegun: true })
  }

  #end(end: CallEnd): void {
    this.#over = true
    this.#input?.stop()
    this.#events.ended(end)
  }

  /** A piece of the answer was told. One slow reader must not stop all on its connection, nor fill the memory. */
  #after(bearable: boolean | undefined): void {
    if (this.#over) return
    if (bearable !== false) return this.#receiving?.give()
    const what = `${this.#place.name}: the client reads slower than the application sends, on a connection that is shared`
    this.#breakOff(badAnswer(`${what}; allow more connections`))
  }

  #breakOff(error: HttpError): void {
    if (this.#over) return
    this.abort()
    this.#events.ended({ error })
  }
}

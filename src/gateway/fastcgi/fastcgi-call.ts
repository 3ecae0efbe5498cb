import { HttpError } from '../../message/errors.ts'
import { DATA, KeepConn, Role, type RoleName, STDIN, Windowed } from '../../protocol/fastcgi/codes.ts'
import { FastCgiFault } from '../../protocol/fastcgi/fault.ts'
import { paramsStream } from '../../protocol/fastcgi/name-values.ts'
import { abortRequest, beginRequest, credit } from '../../protocol/fastcgi/records.ts'
import { badAnswer, type CallEnd, type CallEvents, type Content, type Wire } from '../call.ts'
import { type Feeding, feed } from '../feed.ts'
import { connectFault } from './address.ts'
import type { ApplicationConnection, Loss, Traveller } from './connection.ts'
import { isRefusal, notTaken, outcome } from './outcome.ts'
import { Sending } from './sending.ts'

/** What is asked of an application. */
export interface Question {
  readonly role: RoleName
  /** Name, value, name, value; byte strings. */
  readonly variables: readonly string[]
  readonly content: Content | undefined
  readonly data: Content | undefined
  /** Whether to ask a second time does no harm (RFC 9110 §9.2.2). */
  readonly idempotent: boolean
}

/** Where a call is taken: the pool of one address. */
export interface Place {
  /** The application, for the log. */
  readonly name: string
  /** The request of a call has ended on its connection. */
  freed(call: FastCgiCall): void
  /** Nobody wants the answer of a call that the application was sent; it was told. */
  aborted(call: FastCgiCall): void
  /** The call waits no longer, for nobody wants its answer. */
  forget(call: FastCgiCall): void
  /** The application did not take the call. Returns whether it may be tried once more, here or elsewhere. */
  refused(call: FastCgiCall, protocolStatus: number): boolean
  /** Whether the call may be tried at another address; that it was here is noted. */
  elsewhere(call: FastCgiCall): boolean
}

/** Who may be asked instead. */
export interface Choice {
  /** It was tried there. Returns whether there is another address for it. */
  elsewhere(place: Place): boolean
}

/** Bytes that are held for a slow reader where its connection is shared and has no windows. */
const MAX_AHEAD = 1024 * 1024

/** One request, from when it is given to a pool to its END_REQUEST. */
export class FastCgiCall implements Wire, Traveller {
  readonly fed: boolean
  readonly question: Question
  readonly choice: Choice
  connection: ApplicationConnection | undefined = undefined
  /** Looks at the clock since it was aborted. */
  abortedFor = 0
  readonly #place: Place
  readonly #events: CallEvents
  #id = 0
  #sending: Sending | undefined = undefined
  /** Content that came before there was a connection. */
  #early: (Uint8Array | undefined)[] = []
  #over = false
  #touched = false
  #paused = false
  #waitsForDrain = false
  /** Bytes of the answer for which no credit was given; where there are no windows, those that came since `pause`. */
  #ahead = 0
  #dataDrained: (() => void) | undefined = undefined

  constructor(question: Question, events: CallEvents, place: Place, choice: Choice) {
    const { content, role } = question
    this.question = question
    this.choice = choice
    this.#events = events
    this.#place = place
    // An Authorizer gets no content (§6.3).
    this.fed = role === 'Authorizer' || content === undefined || content.bytes !== undefined
  }

  /** Whether nobody waits for the answer any more. */
  get over(): boolean {
    return this.#over
  }

  /** Whether it may share a connection without windows: what it sends is at hand, and small. */
  get small(): boolean {
    const { content, data } = this.question
    return this.fed && data === undefined && (content?.size ?? 0) <= 65536
  }

  /** Sends it: all that is at hand in one write. */
  begin(connection: ApplicationConnection, keep: boolean): void {
    const { role, variables, content } = this.question
    const { output, window } = connection
    const id = connection.begin(this, keep)
    this.connection = connection
    this.#id = id
    const sending = new Sending(id, output, window)
    this.#sending = sending
    const flags = (keep ? KeepConn : 0) | (window > 0 ? Windowed : 0)
    output.hold()
    output.text(beginRequest(id, Role[role], flags) + paramsStream(id, variables))
    if (this.fed) {
      if (role !== 'Authorizer') {
        if (content?.bytes !== undefined && content.size > 0) sending.send(STDIN, content.bytes)
        this.endInput()
      }
    } else this.#sendEarly(sending)
    output.release()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#over) return true
    if (this.#sending === undefined) {
      this.#early.push(bytes)
      this.#waitsForDrain = true
      return false
    }
    this.#sending.send(STDIN, bytes)
    return this.#takenOrAwait()
  }

  endInput(): void {
    if (this.#over) return
    if (this.#sending === undefined) {
      this.#early.push(undefined)
      return
    }
    this.#sending.send(STDIN, undefined)
    if (this.question.role === 'Filter') this.#sendData()
  }

  pause(): void {
    if (this.#over || this.#paused) return
    this.#paused = true
    this.connection?.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.connection?.resume()
    this.#giveCredit()
  }

  /** The application is told (§5.4), and ends the request in its turn. */
  abort(): void {
    if (this.#over) return
    this.#over = true
    const { connection } = this
    this.#dataDrained?.()
    if (connection === undefined) return this.#place.forget(this)
    if (connection.connecting && connection.active === 1) return connection.close()
    this.#place.aborted(this)
    this.#unpause()
    connection.output.text(abortRequest(this.#id))
  }

  stdout(bytes: Uint8Array): void {
    this.#count(bytes.byteLength)
    if (this.#over) return
    this.#touched = true
    this.#events.output(bytes)
    this.#giveCredit()
  }

  stderr(bytes: Uint8Array): void {
    this.#count(bytes.byteLength)
    if (this.#over) return
    this.#events.errorOutput(bytes)
    this.#giveCredit()
  }

  credit(bytes: number): void {
    this.#sending?.credit(bytes)
    this.drained()
  }

  drained(): void {
    if (!this.#waitsForDrain || !this.#takenOrAwait()) return
    this.#waitsForDrain = false
    if (this.#dataDrained === undefined) this.#events.drained()
    else this.#dataDrained()
  }

  endRequest(appStatus: number, protocolStatus: number): void {
    this.#unpause()
    this.#place.freed(this)
    if (this.#over) return
    const end = outcome(this.#place.name, this.question.role, appStatus, protocolStatus)
    if (!isRefusal(protocolStatus)) return this.fail(end)
    const again = this.#place.refused(this, protocolStatus)
    this.fail({ ...end, again: again && !this.#touched })
  }

  lost(loss: Loss, first: boolean): void {
    const { name } = this.#place
    if (this.#over) return
    if (loss.connect !== undefined) return this.#notConnected(loss.connect)
    if (loss.fault !== undefined)
      return this.fail({ error: badAnswer(`${name}: it broke the protocol: ${loss.fault}`) })
    const error = badAnswer(
      this.#touched
        ? `${name}: it closed the connection within its answer`
        : `${name}: it closed the connection without an answer`,
    )
    // It may have closed the connection that it had kept before the request came to it; but one that was read whole may
    // have been begun with.
    this.fail({ error, again: !first && !this.#touched && (this.question.idempotent || loss.reset) })
  }

  /** A full queue is no failure of the application: it is tried there again. */
  #notConnected(code: string): void {
    const what = connectFault(this.#place.name, code)
    const again = this.#place.elsewhere(this) || code === 'EAGAIN'
    this.fail({ error: notTaken(what, code === 'timeout' ? 504 : 503), again })
  }

  /** Nobody takes it. @param what Why, for the log. */
  notTaken(what: string, status: 503 | 504 = 503): void {
    if (!this.#over) this.fail({ error: notTaken(what, status), again: this.#place.elsewhere(this) })
  }

  /** Ends it for whoever waits. */
  fail(end: CallEnd): void {
    if (this.#over) return
    this.#over = true
    this.#dataDrained?.()
    this.#events.ended(end)
  }

  #sendEarly(sending: Sending): void {
    const early = this.#early
    this.#early = []
    for (const bytes of early) {
      if (bytes === undefined) this.endInput()
      else sending.send(STDIN, bytes)
    }
    // Whoever gave it waits since then; told later, for this one may be called from where it was given.
    if (this.#waitsForDrain) setImmediate(() => this.drained())
  }

  #unpause(): void {
    if (!this.#paused) return
    this.#paused = false
    this.connection?.resume()
  }

  #takenOrAwait(): boolean {
    const sending = this.#sending
    if (sending === undefined || sending.taken) return true
    this.#waitsForDrain = true
    if (!sending.waiting) this.connection?.awaitDrain(this)
    return false
  }

  /** The file that a Filter filters (§6.4). */
  #sendData(): void {
    const { data } = this.question
    if (data === undefined) {
      this.#sending?.send(DATA, undefined)
      return
    }
    const call = this
    const wire: Pick<Wire, 'write' | 'endInput'> = {
      write(bytes) {
        call.#sending?.send(DATA, bytes)
        return call.#takenOrAwait()
      },
      endInput: () => this.#sending?.send(DATA, undefined),
    }
    const feeding: Feeding = {
      get wantsNoMore() {
        return call.#over
      },
      progressed() {},
      whenDrained: () =>
        new Promise((resolve) => {
          this.#dataDrained = resolve
        }),
    }
    if (data.bytes !== undefined) {
      wire.write(data.bytes)
      wire.endInput()
    } else feed(wire as Wire, data, feeding).catch((cause) => this.#dataFailed(cause))
  }

  /** Half a file must not be taken for one. */
  #dataFailed(cause: unknown): void {
    if (this.#over) return
    const events = this.#events
    this.abort()
    events.ended({ error: new HttpError(500, { cause }) })
  }

  /** The bound of what an application may send ahead of a slow reader. @throws FastCgiFault where it minds no window. */
  #count(bytes: number): void {
    const { connection } = this
    if (connection === undefined) return
    this.#ahead += bytes
    if (connection.window > 0) {
      if (this.#ahead > connection.window) throw new FastCgiFault('it sent more than its window')
    } else if (!this.#paused || this.#over) this.#ahead = 0
    else if (this.#ahead > MAX_AHEAD) this.#tooSlow()
  }

  #giveCredit(): void {
    const { connection } = this
    if (connection === undefined || connection.window === 0 || this.#paused || this.#over) return
    if (this.#ahead < connection.window / 2) return
    connection.output.text(credit(this.#id, this.#ahead))
    this.#ahead = 0
  }

  /** One slow reader must not stop all that share the connection, nor fill the memory. */
  #tooSlow(): void {
    const what = `${this.#place.name}: the client reads slower than the application sends, on a connection that is shared`
    const events = this.#events
    this.abort()
    events.ended({ error: badAnswer(`${what}; allow more connections`) })
  }
}

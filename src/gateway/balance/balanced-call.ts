import type { HttpError } from '../../message/errors.ts'
import type { Headers } from '../../message/headers.ts'
import type { CgiHead } from '../../protocol/cgi/head.ts'
import type { Call, CallEnd, CallEvents, Switched, Wire } from '../call.ts'
import { feedAtOnce } from '../feed.ts'
import type { AnswerFraming } from '../framing.ts'
import type { Member } from './member.ts'

/** Whose call it is. */
export interface Balance {
  /** It runs no longer, and its member has room for another one. */
  freed(): void
  /** Nobody wants the answer of a call that waits. */
  forget(call: BalancedCall): void
  /**
   * Whether there is a member that the request was not tried on, or it may wait for one.
   * @param unbegun Whether nobody has begun with it.
   */
  elsewhere(tried: ReadonlySet<unknown>, unbegun: boolean): boolean
  /** A member is left alone for a while. @param why It failed; undefined where it was not in time. */
  left(member: Member, why: HttpError | undefined, call: Call): void
  /** A member that had failed has answered. */
  returned(member: Member, call: Call): void
}

/** RFC 9110 §9.2.1: whoever has not answered such a request may have begun with it. */
const SAFE = /^(?:GET|HEAD|OPTIONS|TRACE)$/

/** Stands among the places where a call was tried: one of them has ended with it, which it may have caused. */
const BROKEN: unique symbol = Symbol('broken')

/** One request on one of several back ends, or on its way to one. */
export class BalancedCall implements Wire, CallEvents {
  readonly #call: Call
  readonly #events: CallEvents
  readonly #balance: Balance
  #member: Member | undefined = undefined
  #wire: Wire | undefined = undefined
  #over = false
  /** Whether anything of an answer came. */
  #touched = false
  /** What was to be sent while it waited. */
  #piece: Uint8Array | undefined = undefined
  #inputEnded = false
  #trailers: Headers | undefined = undefined
  #paused = false

  constructor(call: Call, events: CallEvents, balance: Balance) {
    this.#call = call
    this.#events = events
    this.#balance = balance
  }

  /** A content that is at hand is sent as soon as there is somebody to send it to. */
  get fed(): boolean {
    const { content } = this.#call
    return content === undefined || content.bytes !== undefined || this.#wire?.fed === true
  }

  get waiting(): boolean {
    return this.#wire === undefined || this.#wire.waiting === true
  }

  get process(): string | number | undefined {
    return this.#member?.process ?? this.#member?.name
  }

  /** The back ends that it was tried on. */
  get tried(): ReadonlySet<unknown> | undefined {
    return this.#call.tried
  }

  /** @param waited Whether it had to wait for its turn. */
  begin(member: Member, waited: boolean): void {
    this.#member = member
    member.running++
    const wire = member.upstream.open(this.#call, this)
    this.#wire = wire
    const { content } = this.#call
    if (content === undefined || content.bytes !== undefined) feedAtOnce(wire, content)
    if (!waited) return
    this.#events.begun?.()
    if (this.#paused) wire.pause()
    if (this.#piece !== undefined && wire.write(this.#piece)) this.#events.drained()
    this.#piece = undefined
    if (this.#inputEnded) wire.endInput(this.#trailers)
  }

  /** Goes on with what has begun already on a member that counts it. */
  adopt(member: Member, wire: (events: CallEvents) => Wire): void {
    this.#member = member
    this.#wire = wire(this)
  }

  write(bytes: Uint8Array): boolean {
    if (this.#wire !== undefined) return this.#wire.write(bytes)
    this.#piece = bytes
    return false
  }

  endInput(trailers?: Headers): void {
    if (this.#wire !== undefined) return this.#wire.endInput(trailers)
    this.#inputEnded = true
    this.#trailers = trailers
  }

  pause(): void {
    this.#paused = true
    this.#wire?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#wire?.resume()
  }

  abort(late?: boolean): void {
    if (this.#over) return
    this.#over = true
    if (this.#wire === undefined) return this.#balance.forget(this)
    const member = this.#member
    if (late === true && !this.#touched && member !== undefined) {
      member.tooLate()
      this.#balance.left(member, undefined, this.#call)
    }
    this.#wire.abort(late)
    this.#leave()
  }

  /** There is nobody to have it. */
  refuse(end: CallEnd): void {
    if (this.#over) return
    this.#over = true
    this.#events.ended(end)
  }

  answered(head: CgiHead, framing: AnswerFraming, switched?: Switched): void {
    if (this.#over) return
    this.#touch()
    if (switched !== undefined) {
      this.#over = true
      const closed = this.#member?.switch()
      if (closed !== undefined) switched.socket.on('close', closed)
      this.#leave()
    }
    this.#events.answered(head, framing, switched)
  }

  output(bytes: Uint8Array): void {
    if (this.#over) return
    this.#touch()
    this.#events.output(bytes)
  }

  errorOutput(bytes: Uint8Array): void {
    if (!this.#over) this.#events.errorOutput(bytes)
  }

  begun(): void {
    this.#events.begun?.()
  }

  drained(): void {
    if (!this.#over) this.#events.drained()
  }

  inputClosed(): void {
    if (!this.#over) this.#events.inputClosed()
  }

  ended(end: CallEnd): void {
    if (this.#over) return
    this.#over = true
    const member = this.#member
    const again = end.error !== undefined && !this.#touched && this.#again(end, member)
    if (end.error !== undefined && member !== undefined) {
      member.failed()
      this.#balance.left(member, end.error, this.#call)
    }
    this.#leave()
    this.#events.ended(again === (end.again ?? false) ? end : { ...end, again })
  }

  /** Whether it may be tried on another one, or once more on this one. */
  #again({ again, unbegun }: CallEnd, member: Member | undefined): boolean {
    const { request } = this.#call
    if (again !== true && unbegun !== true && !SAFE.test(request.method)) return false
    this.#call.tried ??= new Set()
    const { tried } = this.#call
    // Where the wire itself would try once more it knows why: a connection that had been kept was of no use, unless it is
    // the request that ended it.
    if (again === true) {
      if (unbegun !== true) tried.add(BROKEN)
      return true
    }
    tried.add(member)
    if (unbegun !== true) {
      // A request that kills whoever gets it must not go through all of them.
      if (tried.has(BROKEN)) return false
      tried.add(BROKEN)
    }
    return this.#balance.elsewhere(tried, unbegun === true)
  }

  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    const member = this.#member
    if (member === undefined) return
    if (member.ejectedUntil !== 0) this.#balance.returned(member, this.#call)
    member.answered()
  }

  #leave(): void {
    this.#member?.done()
    this.#balance.freed()
  }
}

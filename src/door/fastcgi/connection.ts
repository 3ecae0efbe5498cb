import type { Socket } from 'node:net'
import { attach, type SocketEvents } from '../../io/attach.ts'
import { type App, ApplicationEnd, type AppRequest } from '../../protocol/fastcgi/application.ts'
import { KeepConn, ProtocolStatus, RECORD_HEAD, type RoleName, Windowed } from '../../protocol/fastcgi/codes.ts'
import { FastCgiFault } from '../../protocol/fastcgi/fault.ts'
import { endRequest } from '../../protocol/fastcgi/records.ts'
import type { StreamedBody } from '../called/body.ts'
import type { FromWebServer } from '../called/listening.ts'
import { Output } from '../called/output.ts'
import type { Answering } from '../called/sites.ts'
import type { FastCgiContext } from './context.ts'
import { FastCgiRequest } from './request.ts'
import type { Sending, Wire } from './wire.ts'

/** Bytes that a web server need not take before nothing more is read from it: else its requests would fill memory. */
const MAX_WAITING = 1024 * 1024
/** Milliseconds for a web server to close a connection that we have ended. */
const LINGER = 5000

/**
 * No record: the last that is sent after an answer broke off. nginx and lighttpd take the end of a connection for that of a
 * whole answer, but not a record of another version.
 */
const NO_RECORD = '\0'.repeat(RECORD_HEAD)

/** One connection of a web server, and the requests on it. */
export class FastCgiConnection implements SocketEvents, App, Wire, FromWebServer {
  readonly output: Output
  readonly #socket: Socket
  readonly #context: FastCgiContext
  readonly #end: ApplicationEnd
  /** Bodies that hold as much as they should. */
  readonly #full = new Set<StreamedBody>()
  /** `closing`: as soon as the running requests have ended; `ended`: our side is. */
  #state: 'open' | 'closing' | 'ended' | 'gone' = 'open'
  /** Whether the web server has a part of an answer that will never be whole. */
  #broken = false
  #late: NodeJS.Timeout | undefined = undefined

  constructor(socket: Socket, context: FastCgiContext) {
    this.#socket = socket
    this.#context = context
    this.output = new Output(socket, () => this.#flow())
    this.#end = new ApplicationEnd(this, context.maxParams, (records) => this.output.text(records))
    attach(socket, this)
  }

  received(bytes: Buffer): void {
    if (this.#state === 'ended' || this.#state === 'gone') return
    this.output.held = true
    try {
      this.#end.read(bytes)
    } catch (error) {
      if (!(error instanceof FastCgiFault)) throw error
      this.#context.report?.('warn', 'A connection was closed: what came is no FastCGI.', { error: error.message })
      this.#socket.destroy()
    }
    this.output.held = false
    this.output.flush()
    this.#closeWhenDone()
    if (this.output.waiting > MAX_WAITING) this.#flow()
  }

  /** A web server that ends its side wants no answers any more. */
  halfClosed(): void {
    this.#socket.destroy()
  }

  closed(): void {
    this.#state = 'gone'
    clearTimeout(this.#late)
    this.output.closed()
    this.#full.clear()
    for (const request of this.#end.stop()) request.gone()
    this.#context.closed(this)
  }

  drained(): void {}
  stalled(): void {}

  stop(): void {
    if (this.#state === 'open') this.#state = 'closing'
    this.#closeWhenDone()
  }

  cut(): void {
    if (this.#end.active > 0) this.output.text(NO_RECORD)
    this.output.flush()
    this.#socket.destroySoon()
    if (this.output.waiting > 0) this.#socket.destroy()
  }

  getValues(names: readonly string[]): readonly string[] {
    this.#mustTake()
    return names.flatMap((name) => {
      const value = this.#context.values.get(name)
      return value === undefined ? [] : [name, value]
    })
  }

  beginRequest(id: number, role: RoleName | undefined, flags: number): AppRequest | undefined {
    const keep = (flags & KeepConn) !== 0
    const refusal = this.#refusal(role)
    if (role === undefined || refusal !== ProtocolStatus.requestComplete) {
      this.#mustTake()
      this.output.text(endRequest(id, 0, refusal))
      if (!keep && this.#state === 'open') this.#state = 'closing'
      return undefined
    }
    const { window } = this.#context
    this.#context.running++
    const windowed = (flags & Windowed) !== 0 && window > 0
    return new FastCgiRequest(this, id, role, keep, windowed ? window : Number.POSITIVE_INFINITY)
  }

  get objects(): boolean {
    return this.#context.objects
  }

  siteOf(role: RoleName): Answering {
    const site = this.#context.sites[role]
    if (site === undefined) throw new TypeError(`there is no ${role}`)
    return site
  }

  full(body: StreamedBody): void {
    this.#full.add(body)
    this.#flow()
  }

  wanted(body: StreamedBody): void {
    if (this.#full.delete(body)) this.#flow()
  }

  ended({ sender, keep }: Sending): void {
    this.#end.ended(sender.id)
    if (!keep && this.#state === 'open') this.#state = 'closing'
    if (!this.output.held) this.#closeWhenDone()
  }

  broken({ sender }: Sending): void {
    sender.stop()
    this.#broken = true
    this.#end.ended(sender.id)
    if (this.#state === 'open') this.#state = 'closing'
    if (!this.output.held) this.#closeWhenDone()
  }

  settled(): void {
    this.#context.running--
  }

  /** Why a request is not taken. */
  #refusal(role: RoleName | undefined): number {
    if (role === undefined || this.#context.sites[role] === undefined) return ProtocolStatus.unknownRole
    const { running, maxRequests } = this.#context
    return this.#state !== 'open' || running >= maxRequests ? ProtocolStatus.overloaded : ProtocolStatus.requestComplete
  }

  /** What is answered at once must be taken as well: else asking would fill memory. @throws FastCgiFault */
  #mustTake(): void {
    if (this.output.waiting > MAX_WAITING) throw new FastCgiFault('the web server does not take what it asks for')
  }

  /** Reads, unless a body is full or the web server takes too little. */
  #flow(): void {
    if (this.#state === 'gone') return
    if (this.#state !== 'ended' && (this.#full.size > 0 || this.output.waiting > MAX_WAITING)) this.#socket.pause()
    else this.#socket.resume()
  }

  /**
   * Ends our side, and drops what still comes: closing at once with unread bytes would make the system reset the
   * connection, and the web server might never see the answer.
   */
  #closeWhenDone(): void {
    if (this.#state !== 'closing' || this.#end.active > 0) return
    this.#state = 'ended'
    if (this.#broken) this.output.text(NO_RECORD)
    this.output.flush()
    this.#socket.end()
    this.#socket.resume()
    this.#late = setTimeout(() => this.#socket.destroy(), LINGER)
    this.#late.unref()
  }
}

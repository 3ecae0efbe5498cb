import { CREDIT, ProtocolStatus } from '../../protocol/fastcgi/codes.ts'
import { type ApplicationAddress, connectFault } from '../address.ts'
import { TICK, ticksOf, unwatch, type Watched, watch } from '../clock.ts'
import { Congestion } from '../congestion.ts'
import { Abilities, type KnownApplication } from './abilities.ts'
import { AbortedCalls } from './aborted-calls.ts'
import { ApplicationConnection, type ConnectionOwner, type Loss } from './connection.ts'
import { askValues } from './discovery.ts'
import type { Choice, FastCgiCall, Place } from './fastcgi-call.ts'
import type { PoolLimits } from './pool-limits.ts'
import { isSmall } from './question.ts'
import type { QuickCall } from './quick-call.ts'

/** Connections at once to an application that does not say how many it takes. */
const CONNECTIONS = 128
/** Looks at the clock after which a connection that rests is closed: 10 seconds. */
const REST = 10_000 / TICK
/** Requests on one connection without windows, where no further connection may be opened. */
const SHARED = 16
/** Milliseconds for which an address that failed is not called, where there is another one; doubled each time, to 10 s. */
const EJECTED = 1000
const MAX_EJECTED = 10_000

/** The connections to one address, what runs on them, and who waits for one. */
export class Pool implements Place, ConnectionOwner, Watched {
  readonly name: string
  watchedAt = -1
  limits: PoolLimits
  /** Calls that an application works on. */
  running = 0
  /** When it may be called again after it failed, by `performance.now()`; 0 where it did not. */
  ejectedUntil = 0
  readonly #address: ApplicationAddress
  readonly #abilities: Abilities
  // Not Sets: see clock.ts.
  readonly #connections: ApplicationConnection[] = []
  readonly #resting: ApplicationConnection[] = []
  #shared: ApplicationConnection | undefined = undefined
  readonly #waiting: FastCgiCall[] = []
  readonly #aborted = new AbortedCalls()
  #failures = 0
  /** How many calls were sent. */
  #sent = 0
  /** Whether connections that are kept hold up others; looked at anew each tick. */
  #starving = false
  readonly #congestion = new Congestion()
  /** Whether it is being asked what it can do, and nothing is sent before. */
  #asking = false

  constructor(address: ApplicationAddress, limits: PoolLimits, known?: KnownApplication) {
    this.name = address.text
    this.#abilities = new Abilities(known)
    this.#address = address
    this.limits = limits
  }

  /** How much it has to do. */
  get load(): number {
    return this.running + this.#waiting.length
  }

  get serial(): boolean {
    return this.#abilities.serial
  }

  get connections(): number {
    return this.#connections.length
  }

  /** Has a call sent, or wait. Tells nothing before it has returned. */
  take(call: FastCgiCall): void {
    watch(this)
    if (this.limits.asksFirst && !this.#abilities.asked) {
      this.#asking = true
      this.#ask()
    }
    if (this.#waiting.length === 0 && this.#place(call)) return
    if (this.#waiting.length < this.limits.queue) this.#waiting.push(call)
    else setImmediate(() => call.notTaken(`${this.name}: ${this.limits.queue} requests wait for it already (queue)`))
  }

  /** Sends a call where it can share a connection with windows that is there; false where it must be taken like others. */
  quick(call: QuickCall, choice: Choice): boolean {
    const shared = this.#shared
    if (shared?.usable !== true || !shared.objects || !shared.heard || this.#waiting.length > 0) return false
    if (this.running >= (this.#abilities.maxReqs ?? Number.POSITIVE_INFINITY)) return false
    this.running++
    shared.last = ++this.#sent
    call.begin(shared, this, choice)
    return true
  }

  /** Nothing more will be sent: connections that rest are closed, the others rest only briefly. */
  close(): void {
    this.limits = { ...this.limits, keepAlive: false }
    this.#closeResting()
  }

  ended(call: object): void {
    this.running--
    this.#failures = 0
    this.ejectedUntil = 0
    this.#aborted.ended(call)
  }

  postpone(call: FastCgiCall): boolean {
    if (this.#congestion.lasts(this.limits.connectTimeout)) return false
    this.#waiting.unshift(call)
    return true
  }

  freed(connection: ApplicationConnection): void {
    this.#congestion.eased(this.#waiting.length)
    if (connection.active === 0) this.#release(connection)
    if (!this.#abilities.asked) this.#ask()
    this.#next()
  }

  aborted(call: FastCgiCall): void {
    this.#aborted.add(call)
  }

  forget(call: FastCgiCall): void {
    remove(this.#waiting, call)
  }

  refused(call: FastCgiCall, protocolStatus: number): boolean {
    if (protocolStatus !== ProtocolStatus.cantMpx) return call.elsewhere()
    this.#abilities.refusedMultiplexing()
    if (this.#shared !== undefined) this.#retire(this.#shared)
    return call.shared
  }

  unknownType(type: number): void {
    if (type === CREDIT) this.#abilities.refusedWindows()
  }

  lost(connection: ApplicationConnection, { connect, ours }: Loss, running: number): void {
    remove(this.#connections, connection)
    remove(this.#resting, connection)
    this.running -= running
    if (this.#shared === connection) {
      // Another application may be behind the address now.
      this.#shared = undefined
      this.#abilities.forget()
    }
    // It was restarted, or ends processes that have served their time: the others are no better.
    else if (running > 0 && connection.begun > 1) this.#closeResting()
    if (connection.keep && !ours && connect === undefined) this.#abilities.closed(connection.begun - running)
    if (connect === 'EAGAIN') this.#congestion.met()
    else if (connect !== undefined) this.#failed(connect)
    if (connect === undefined) this.#next()
  }

  tick(): void {
    const patience = ticksOf(this.limits.connectTimeout)
    if (this.limits.asksFirst && this.#abilities.tick()) this.#ask()
    this.#starving = this.#connections.some(({ heard, active, age }) => !heard && active > 0 && age > 0)
    for (const connection of [...this.#connections]) {
      connection.tick()
      if (connection.connecting && connection.age > patience) connection.timeOut()
      if (this.#keeping === 'briefly') connection.retired = true
      if (connection.active > 0) continue
      if (++connection.rested > REST || this.#starving || connection.retired) connection.close()
    }
    this.#aborted.tick((connection) => this.#retire(connection))
    this.#next()
    if (this.#connections.length === 0 && this.#waiting.length === 0) unwatch(this)
  }

  get #keeping(): 'long' | 'briefly' | 'not' {
    return this.#abilities.keeping(this.limits.keepAlive)
  }

  get #most(): number {
    return this.limits.connections ?? this.#abilities.maxConns ?? CONNECTIONS
  }

  /** Sends a call, if there is a connection for it. */
  #place(call: FastCgiCall): boolean {
    if (this.#asking || this.running >= (this.#abilities.maxReqs ?? Number.POSITIVE_INFINITY)) return false
    const connection = this.#connectionFor(call)
    if (connection === undefined) return false
    this.running++
    connection.last = ++this.#sent
    connection.exclusive = !isSmall(call.question)
    call.begin(connection, this.#keeping !== 'not')
    return true
  }

  #connectionFor(call: FastCgiCall): ApplicationConnection | undefined {
    const window = this.#abilities.window
    if (window > 0) {
      if (this.#shared?.usable === true) return this.#shared
      this.#shared = this.#open(window) ?? this.#shared
      return this.#shared?.usable === true ? this.#shared : undefined
    }
    if (!call.fresh) return this.#rested() ?? this.#open(0) ?? this.#shareable(call)
    const fresh = this.#open(0)
    // It waits until one of those that rest is closed.
    if (fresh === undefined) this.#resting.pop()?.close()
    return fresh
  }

  /** The one that was used last: the others may be closed the sooner. */
  #rested(): ApplicationConnection | undefined {
    for (let one = this.#resting.pop(); one !== undefined; one = this.#resting.pop()) if (one.usable) return one
    return undefined
  }

  #open(window: number): ApplicationConnection | undefined {
    if (this.#connections.length >= this.#most || !this.#congestion.allows(this.#connections)) return undefined
    const connection = new ApplicationConnection(this.#address, window > 0, window, this)
    connection.objects = this.#abilities.objects
    connection.opened = this.#sent
    this.#connections.push(connection)
    return connection
  }

  /**
   * One that serves other requests already. FastCGI has no flow control, so without windows connections are shared only
   * where no more may be opened, and by small requests only; see `FastCgiCall` for answers that grow.
   */
  #shareable(call: FastCgiCall): ApplicationConnection | undefined {
    if (!this.#abilities.multiplexes || !isSmall(call.question)) return undefined
    let best: ApplicationConnection | undefined
    for (const connection of this.#connections) {
      if (connection.usable && connection.active < (best?.active ?? SHARED)) best = connection
    }
    return best
  }

  /**
   * Whether the application has not come to a connection that was opened long before the last request of this one was sent:
   * its processes are held by connections that are kept, and those must be given up until none waits any more. To be
   * overtaken by a few means nothing.
   */
  #starves({ last }: ApplicationConnection): boolean {
    // They are in the order in which they were opened.
    const unheard = this.#connections.find(({ heard }) => !heard)
    if (unheard === undefined) this.#starving = false
    else if (unheard.opened + 2 * this.#connections.length < last) this.#starving = true
    return this.#starving
  }

  /** Nothing runs on the connection any more. */
  #release(connection: ApplicationConnection): void {
    const own = connection.window > 0 ? connection === this.#shared : this.#abilities.window === 0
    if (!connection.keep || !connection.reusable || this.#starves(connection) || !own) return connection.close()
    connection.rest()
    if (connection.window === 0) this.#resting.push(connection)
  }

  #next(): void {
    for (let call = this.#waiting[0]; call !== undefined; call = this.#waiting[0]) {
      if (!this.#place(call)) return
      remove(this.#waiting, call)
    }
  }

  #retire(connection: ApplicationConnection): void {
    connection.retired = true
    if (this.#shared === connection) this.#shared = undefined
    if (connection.active === 0) connection.close()
  }

  /** After its first answer, when it is there and speaks the protocol, and no request waits for this; or before. */
  #ask(): void {
    this.#abilities.asked = true
    askValues(this.#address, this.#asking, (values) => {
      this.#asking = false
      this.#abilities.told(values)
      if (this.#abilities.window > 0) this.#closeResting()
      this.#next()
    })
  }

  /** No connection came about: neither will one for those that wait. */
  #failed(code: string): void {
    this.#abilities.forget()
    this.ejectedUntil = performance.now() + Math.min(MAX_EJECTED, EJECTED * 2 ** this.#failures++)
    if (this.#connections.length > 0) return
    const what = connectFault(this.name, code)
    for (const call of this.#waiting.splice(0)) call.notTaken(what, code === 'timeout' ? 504 : 503)
  }

  #closeResting(): void {
    for (const connection of this.#resting.splice(0)) connection.close()
  }
}

function remove<T>(list: T[], one: T): void {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
}

import { TICK, ticksOf, unwatch, type Watched, watch } from '../clock.ts'
import { Congestion } from '../congestion.ts'
import { notTaken } from '../connect-error.ts'
import { connectError } from './connect-error.ts'
import { type ConnectionOwner, UpstreamConnection } from './connection.ts'
import type { HttpCall, Place } from './http-call.ts'
import type { Target } from './target.ts'

/** What an upstream is given, by the route that called it last. */
export interface PoolLimits {
  /** Connections at once. */
  readonly connections: number
  /** Calls that wait for a connection. */
  readonly queue: number
  /** Milliseconds that a connection may take to come about. */
  readonly connectTimeout: number
  /** Milliseconds that a connection may rest; 0: none is kept. */
  readonly keepAlive: number
}

/**
 * Looks at the clock that a connection may have rested for a request which must not be done twice: an upstream that closes
 * connections after a while is not about to close this one.
 */
const YOUNG = 1000 / TICK - 1

/** The connections to one upstream, what runs on them, and who waits for one. */
export class Pool implements Place, ConnectionOwner, Watched {
  readonly name: string
  watchedAt = -1
  limits: PoolLimits
  /** How many use it; nobody: connections are not kept. */
  users = 0
  readonly #target: Target
  // Not Sets: see clock.ts.
  readonly #connections: UpstreamConnection[] = []
  /** The one that was used last is at the end. */
  readonly #resting: UpstreamConnection[] = []
  readonly #waiting: HttpCall[] = []
  readonly #congestion = new Congestion()

  constructor(target: Target, limits: PoolLimits) {
    this.name = target.text
    this.#target = target
    this.limits = limits
  }

  /** Has a call sent, or wait. Tells nothing before it has returned. */
  take(call: HttpCall): void {
    watch(this)
    if (this.#waiting.length === 0 && this.#place(call)) return
    if (this.#waiting.length < this.limits.queue) this.#wait(call)
    else {
      const what = `${this.name}: ${this.limits.queue} requests wait for it already (queue)`
      setImmediate(() => call.notTaken(notTaken(what)))
    }
  }

  forget(call: HttpCall): void {
    remove(this.#waiting, call)
  }

  postpone(call: HttpCall): boolean {
    if (this.#congestion.lasts(this.limits.connectTimeout)) return false
    this.#waiting.unshift(call)
    return true
  }

  freed(connection: UpstreamConnection, reusable: boolean): void {
    this.#congestion.eased(this.#waiting.length)
    if (!reusable) return
    const ends = this.#waiting.length === 0 ? this.#restOf(connection) <= 0 : this.limits.keepAlive === 0
    if (ends) return connection.close()
    connection.rested = 0
    this.#resting.push(connection)
    if (this.#waiting.length > 0) this.#next()
  }

  lost(connection: UpstreamConnection, connect: string | undefined, running: boolean): void {
    remove(this.#connections, connection)
    remove(this.#resting, connection)
    // It was restarted, or closes what it kept: the others are no better, and a request is not tried again on one of them.
    if (running && connect === undefined && connection.begun > 1) this.#closeResting()
    if (connect === 'EAGAIN') this.#congestion.met()
    else if (connect !== undefined && this.#connections.length === 0) this.#failAll(connect)
    if (connect === undefined) this.#next()
  }

  tick(): void {
    const patience = ticksOf(this.limits.connectTimeout)
    for (const connection of [...this.#connections]) {
      if (!connection.connected && ++connection.age > patience) connection.timeOut()
      if (!connection.resting) continue
      connection.rested++
      connection.quiet()
      if (connection.rested * TICK >= this.#restOf(connection)) connection.close()
    }
    this.#next()
    if (this.#connections.length === 0 && this.#waiting.length === 0) unwatch(this)
  }

  /** Nobody uses it any more: what rests is closed, the others after their requests. */
  retire(): void {
    this.#closeResting()
  }

  #restOf({ restAllowed }: UpstreamConnection): number {
    if (this.users === 0) return 0
    const { keepAlive } = this.limits
    return restAllowed === undefined || restAllowed > keepAlive ? keepAlive : restAllowed
  }

  #wait(call: HttpCall): void {
    call.waiting = true
    this.#waiting.push(call)
  }

  /** Sends a call, if there is a connection for it. */
  #place(call: HttpCall): boolean {
    const connection = this.#rested(call) ?? this.#open()
    if (connection === undefined) return false
    call.begin(connection, this.limits.keepAlive === 0)
    return true
  }

  /** The one that was used last: the others may be closed the sooner. */
  #rested(call: HttpCall): UpstreamConnection | undefined {
    let connection = this.#resting.pop()
    while (connection?.closing === true) connection = this.#resting.pop()
    if (connection === undefined) return undefined
    if (connection.rested < YOUNG || call.idempotent) return connection
    // In its place there is room for a new one.
    if (this.#connections.length < this.limits.connections) this.#resting.push(connection)
    else this.#drop(connection)
    return undefined
  }

  #open(): UpstreamConnection | undefined {
    if (this.#connections.length >= this.limits.connections) return undefined
    if (!this.#congestion.allows(this.#connections)) return undefined
    const connection = new UpstreamConnection(this.#target, this)
    this.#connections.push(connection)
    return connection
  }

  #next(): void {
    for (let call = this.#waiting[0]; call !== undefined; call = this.#waiting[0]) {
      if (!this.#place(call)) return
      remove(this.#waiting, call)
    }
  }

  /** No connection came about: neither will one for those that wait. */
  #failAll(code: string): void {
    for (const call of this.#waiting.splice(0)) call.notTaken(connectError(this.name, code))
  }

  #drop(connection: UpstreamConnection): void {
    remove(this.#connections, connection)
    connection.close()
  }

  #closeResting(): void {
    for (const connection of this.#resting.splice(0)) connection.close()
  }
}

function remove<T>(list: T[], one: T): void {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
}

import type { Socket } from 'node:net'
import { isLoopback, type Networks, networks } from '../io/addresses.ts'
import type { ListenAddress } from '../io/bound.ts'
import type { Certificate } from '../io/certificate.ts'
import { type Accepting, type AutomaticTls, Listener, type ListenWith, type Version } from '../io/listener.ts'
import { Ticker } from '../io/ticker.ts'
import { OwnFields } from '../protocol/http1/own-fields.ts'
import type { Site } from '../site/site.ts'
import type { EngineContext, Spoken } from './context.ts'
import { Http1Connection } from './http1/connection.ts'
import type { Http2Connection } from './http2/connection.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts } from './settings.ts'
import { UnknownVersion } from './unknown-version.ts'

export interface EngineOptions {
  readonly limits?: Partial<Limits>
  readonly timeouts?: Partial<Timeouts>
  /** Addresses and networks whose word about the client is believed. */
  readonly trustedProxies?: readonly string[]
  /** What `tls: 'acme'` stands for. */
  readonly automatic?: AutomaticTls
  /** What Server says in answers that do not say it themselves (RFC 9110 §10.2.4); no field where it is left out. */
  readonly server?: string
}

/** How often deadlines are looked at, in milliseconds; more often where a time limit is shorter than this wants. */
const TICK = 500

/**
 * The front door of our own: accepts connections, speaks HTTP on them, and hands every request to the site. It owns
 * the clock and the counts that the connections share.
 */
export class Engine implements EngineContext, Accepting {
  site: Site
  limits: Limits
  timeouts: Timeouts
  ticks: Timeouts
  trusted: Networks | undefined
  automatic: AutomaticTls | undefined
  readonly ticker: Ticker
  own: OwnFields
  stopping = false
  #listeners: Listener[] = []
  /** What is spoken on the open sockets. */
  readonly #spoken = new Set<Spoken>()
  /** Sockets on which we do not speak: in a TLS handshake, under TLS, or given away. */
  readonly #silent = new Set<Socket>()
  readonly #perAddress = new Map<string, number>()
  #open = 0
  #whenEmpty: (() => void) | undefined = undefined
  #closing: Promise<void> | undefined = undefined
  #late: NodeJS.Timeout | undefined = undefined
  #turnedAway = 0
  /** HTTP/2 is loaded where it is spoken: it is a megabyte of memory. */
  #http2: typeof Http2Connection | undefined
  #acceptError: Error | undefined = undefined

  /** @throws TypeError for an entry of trustedProxies that is no network. */
  constructor(site: Site, options: EngineOptions = {}) {
    this.ticker = new Ticker(TICK)
    this.own = new OwnFields(this.ticker.date, options.server ?? '')
    this.site = site
    this.limits = limitsOf(options)
    this.timeouts = timeoutsOf(options)
    this.trusted = trustedOf(options)
    this.automatic = options.automatic
    this.ticker.length = tickFor(this.timeouts)
    this.ticks = inTicks(this.timeouts, this.ticker)
  }

  /**
   * From now on answers by another site, under other limits: each connection with its next request. Exchanges that run
   * end as they began. @throws TypeError for an entry of trustedProxies that is no network; then nothing has changed.
   */
  become(site: Site, options: EngineOptions): void {
    const trusted = trustedOf(options)
    this.site = site
    this.trusted = trusted
    this.automatic = options.automatic
    this.own = new OwnFields(this.ticker.date, options.server ?? '')
    this.limits = limitsOf(options)
    this.timeouts = timeoutsOf(options)
    this.ticker.length = tickFor(this.timeouts)
    this.ticks = inTicks(this.timeouts, this.ticker)
  }

  /** Milliseconds for a TLS handshake: as long as for a head. */
  get handshake(): number {
    return this.timeouts.head
  }

  /** What is listened on. */
  get listeners(): readonly Listener[] {
    return this.#listeners
  }

  /** The addresses that are listened on, as URLs. */
  get urls(): string[] {
    return this.#listeners.map(({ url }) => url)
  }

  get connections(): number {
    return this.#open
  }

  /** Opens one more listening socket. @throws the system's error, Error where it stops meanwhile. */
  async listen(address: ListenAddress, given?: ListenWith): Promise<Listener> {
    const listener = await Listener.open(address, this, given)
    if (this.stopping) {
      await listener.close()
      throw new Error('the server is stopping')
    }
    this.ticker.start(() => this.#tick())
    this.#listeners.push(listener)
    return listener
  }

  /** Gives new handshakes on `tls: 'acme'` these certificates. @throws Error that says which is wrong. */
  async renew(certificates: readonly Certificate[]): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.renew(certificates)))
  }

  /** Stops accepting on one of the listening sockets; its connections stay. */
  leave(listener: Listener): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener)
    void listener.close()
  }

  admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? ''
    if (this.#open >= this.limits.connections || !this.#countIn(address)) {
      this.#turnedAway++
      socket.destroy()
      return false
    }
    this.#open++
    return true
  }

  admitSilent(socket: Socket): boolean {
    if (!this.admit(socket)) return false
    this.#keepSilent(socket)
    return true
  }

  async prepare({ tls, http2 }: ListenAddress): Promise<void> {
    if (http2 ?? tls !== undefined) this.#http2 ??= (await import('./http2/connection.ts')).Http2Connection
  }

  speak(socket: Socket, version: Version): void {
    const connection = version === '?' ? new UnknownVersion(socket, this) : this.#speaker(socket, version)
    this.#spoken.add(connection)
    // Its handshake was under way when the server began to stop.
    if (this.stopping) connection.stop()
  }

  failed(error: Error): void {
    this.#acceptError = error
  }

  known(unknown: Spoken, version: '1' | '2', begun: Buffer): void {
    this.#spoken.delete(unknown)
    const connection = this.#speaker(unknown.socket, version)
    this.#spoken.add(connection)
    connection.received(begun)
    if (this.stopping) connection.stop()
  }

  closed(connection: Spoken): void {
    this.#spoken.delete(connection)
    if (!connection.facts.secure) this.#left(connection.socket.remoteAddress ?? '')
  }

  givenAway(connection: Spoken): void {
    this.#spoken.delete(connection)
    if (!connection.facts.secure) this.#keepSilent(connection.socket)
  }

  /**
   * Stops: accepts nothing more, closes idle connections at once, the others after the exchange that runs, and all of
   * them after `timeouts.stop`. Fulfilled when the last one is closed, for all who ask.
   */
  close(): Promise<void> {
    const closing = this.retire()
    if (this.#open > 0) this.#late ??= setTimeout(() => this.#cutAll(), this.timeouts.stop)
    return closing
  }

  /**
   * Stops as `close` does, but leaves the running exchanges the time that they take: where a successor has the listening
   * sockets. @param leave Whether the names of Unix sockets stay: they are the successor's.
   */
  retire(leave: boolean = false): Promise<void> {
    this.#closing ??= this.#close(leave)
    return this.#closing
  }

  async #close(leave: boolean): Promise<void> {
    this.stopping = true
    const closed = this.#listeners.map((listener) => listener.close(leave))
    this.#listeners = []
    for (const connection of this.#spoken) connection.stop()
    if (this.#open > 0)
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve
      })
    await Promise.all(closed)
    clearTimeout(this.#late)
    this.ticker.stop()
  }

  #cutAll(): void {
    for (const { socket } of this.#spoken) socket.destroy()
    for (const socket of this.#silent) socket.destroy()
  }

  #tick(): void {
    const { now, date } = this.ticker
    if (date !== this.own.date) this.own = new OwnFields(date, this.own.server)
    for (const connection of this.#spoken) connection.tick(now)
    if (this.#turnedAway > 0) {
      this.site.report?.('warn', 'Connections were turned away: limits.connections or limits.connectionsPerAddress.', {
        count: this.#turnedAway,
      })
      this.#turnedAway = 0
    }
    if (this.#acceptError !== undefined) {
      this.site.report?.('error', 'Connections could not be accepted.', { error: this.#acceptError })
      this.#acceptError = undefined
    }
  }

  #countIn(address: string): boolean {
    if (isLoopback(address) || this.trusted?.has(address)) return true
    const open = this.#perAddress.get(address) ?? 0
    if (open >= this.limits.connectionsPerAddress) return false
    this.#perAddress.set(address, open + 1)
    return true
  }

  #speaker(socket: Socket, version: '1' | '2'): Http1Connection | Http2Connection {
    if (version === '1') return new Http1Connection(socket, this)
    if (this.#http2 === undefined) throw new TypeError('prepare() comes before HTTP/2')
    return new this.#http2(socket, this)
  }

  #keepSilent(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    this.#silent.add(socket)
    socket.once('close', () => {
      this.#silent.delete(socket)
      this.#left(address)
    })
  }

  #left(address: string): void {
    const open = this.#perAddress.get(address)
    if (open !== undefined) open > 1 ? this.#perAddress.set(address, open - 1) : this.#perAddress.delete(address)
    if (--this.#open === 0) this.#whenEmpty?.()
  }
}

function limitsOf({ limits }: EngineOptions): Limits {
  return { ...DEFAULT_LIMITS, ...limits }
}

function timeoutsOf({ timeouts }: EngineOptions): Timeouts {
  return { ...DEFAULT_TIMEOUTS, ...timeouts }
}

function trustedOf({ trustedProxies }: EngineOptions): Networks | undefined {
  return trustedProxies?.length ? networks(trustedProxies) : undefined
}

/** A quarter of the shortest time that is looked at. */
function tickFor({ head, body, idle, linger }: Timeouts): number {
  return Math.max(20, Math.min(TICK, ...[head, body, idle, linger].map((time) => time / 4)))
}

function inTicks(timeouts: Timeouts, ticker: Ticker): Timeouts {
  const ticks: Record<string, number> = {}
  for (const [name, milliseconds] of Object.entries(timeouts)) ticks[name] = ticker.ticks(milliseconds as number)
  return ticks as unknown as Timeouts
}

import type { Socket } from 'node:net'
import { isLoopback, type Networks, networks } from '../io/addresses.ts'
import { type Accepting, type AutomaticTls, type ListenAddress, type Listener, listen } from '../io/listener.ts'
import { Ticker } from '../io/ticker.ts'
import type { CertificateFiles } from '../io/tls.ts'
import type { Site } from '../site/site.ts'
import type { EngineContext } from './context.ts'
import { Http1Connection } from './http1/connection.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts } from './settings.ts'

export interface EngineOptions {
  readonly limits?: Partial<Limits>
  readonly timeouts?: Partial<Timeouts>
  /** Addresses and networks whose word about the client is believed. */
  readonly trustedProxies?: readonly string[]
  /** What `tls: 'acme'` stands for. */
  readonly automatic?: AutomaticTls
}

/** How often deadlines are looked at, in milliseconds; more often where a time limit is shorter than this wants. */
const TICK = 500

/**
 * The front door of our own: accepts connections, speaks HTTP on them, and hands every request to the site. It owns
 * the clock and the counts that the connections share.
 */
export class Engine implements EngineContext, Accepting {
  site: Site
  readonly limits: Limits
  readonly timeouts: Timeouts
  readonly ticks: Timeouts
  readonly ticker: Ticker
  readonly trusted: Networks | undefined
  readonly automatic: AutomaticTls | undefined
  stopping = false
  readonly #listeners: Listener[] = []
  /** What is spoken on the open sockets. */
  readonly #spoken = new Set<Http1Connection>()
  /** Sockets on which we do not speak: in a TLS handshake, under TLS, or given away. */
  readonly #silent = new Set<Socket>()
  readonly #perAddress = new Map<string, number>()
  #open = 0
  #whenEmpty: (() => void) | undefined = undefined
  #closing: Promise<void> | undefined = undefined
  #turnedAway = 0

  /** @throws TypeError for an entry of trustedProxies that is no network. */
  constructor(site: Site, options: EngineOptions = {}) {
    this.site = site
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
    const { head, body, idle, linger } = this.timeouts
    this.ticker = new Ticker(Math.max(20, Math.min(TICK, ...[head, body, idle, linger].map((time) => time / 4))))
    this.ticks = inTicks(this.timeouts, this.ticker)
    this.automatic = options.automatic
    this.trusted = options.trustedProxies?.length ? networks(options.trustedProxies) : undefined
  }

  /** Milliseconds for a TLS handshake: as long as for a head. */
  get handshake(): number {
    return this.timeouts.head
  }

  /** The addresses that are listened on, as URLs. */
  get urls(): string[] {
    return this.#listeners.map(({ url }) => url)
  }

  get connections(): number {
    return this.#open
  }

  /** Opens one more listening socket. @throws the system's error. */
  async listen(address: ListenAddress): Promise<Listener> {
    const listener = await listen(address, this)
    if (this.#listeners.length === 0) this.ticker.start(() => this.#tick())
    this.#listeners.push(listener)
    return listener
  }

  /** Gives new handshakes on `tls: 'acme'` these certificates. @throws Error that names the file that is wrong. */
  renew(certificates: readonly CertificateFiles[]): void {
    for (const listener of this.#listeners) if (listener.automatic) listener.renew(certificates)
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

  admitSilent(socket: Socket): void {
    if (this.admit(socket)) this.#keepSilent(socket)
  }

  speak(socket: Socket): void {
    const connection = new Http1Connection(socket, this)
    this.#spoken.add(connection)
    // Its handshake was under way when the server began to stop.
    if (this.stopping) connection.stop()
  }

  closed(connection: object): void {
    const { facts, socket } = connection as Http1Connection
    this.#spoken.delete(connection as Http1Connection)
    if (!facts.secure) this.#left(socket.remoteAddress ?? '')
  }

  givenAway(connection: object): void {
    const { facts, socket } = connection as Http1Connection
    this.#spoken.delete(connection as Http1Connection)
    if (!facts.secure) this.#keepSilent(socket)
  }

  /**
   * Stops: accepts nothing more, closes idle connections at once, the others after the exchange that runs, and all of
   * them after `timeouts.stop`. Fulfilled when the last one is closed, for all who ask.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.stopping = true
    const closed = this.#listeners.splice(0).map((listener) => listener.close())
    for (const connection of this.#spoken) connection.stop()
    if (this.#open > 0) await this.#drain()
    await Promise.all(closed)
    this.ticker.stop()
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        for (const { socket } of this.#spoken) socket.destroy()
        for (const socket of this.#silent) socket.destroy()
      }, this.timeouts.stop)
      this.#whenEmpty = () => {
        clearTimeout(late)
        resolve()
      }
    })
  }

  #tick(): void {
    const { now } = this.ticker
    for (const connection of this.#spoken) connection.tick(now)
    if (this.#turnedAway > 0) {
      this.site.report?.('warn', 'Connections were turned away: limits.connections or limits.connectionsPerAddress.', {
        count: this.#turnedAway,
      })
      this.#turnedAway = 0
    }
  }

  #countIn(address: string): boolean {
    if (isLoopback(address) || this.trusted?.has(address)) return true
    const open = this.#perAddress.get(address) ?? 0
    if (open >= this.limits.connectionsPerAddress) return false
    this.#perAddress.set(address, open + 1)
    return true
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

function inTicks(timeouts: Timeouts, ticker: Ticker): Timeouts {
  const ticks: Record<string, number> = {}
  for (const [name, milliseconds] of Object.entries(timeouts)) ticks[name] = ticker.ticks(milliseconds as number)
  return ticks as unknown as Timeouts
}

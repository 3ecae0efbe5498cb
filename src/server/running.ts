import type { ServedCertificates } from '../acme/served.ts'
import type { Built } from '../config/build.ts'
import { leaveErrorLog } from '../config/error-log.ts'
import type { Logs } from '../config/logs.ts'
import { Engine } from '../door/engine.ts'
import { type Bound, bind, keysOf, type ListenAddress } from '../io/bound.ts'
import type { Certificate } from '../io/certificate.ts'
import type { Listener, ListenWith } from '../io/listener.ts'
import type { Report } from '../message/exchange.ts'
import type { ApplicationStatus } from '../process/specification.ts'
import type { Change as ApplicationsChange } from '../process/supervisor.ts'
import type { Site } from '../site/site.ts'
import { type Applications, ELSEWHERE } from './applications.ts'
import { PartlyMade } from './partly-made.ts'

/** What somebody else has read or taken already, by the key of its address. */
export interface Given {
  readonly bounds?: ReadonlyMap<string, Bound>
  readonly certificates?: Readonly<Record<string, readonly Certificate[]>>
  /** The authorities of certificates of clients, PEM. */
  readonly authorities?: Readonly<Record<string, string>>
  /** By which TLS sessions are taken up again, the same in all workers: 48 bytes. */
  readonly ticketKeys?: Buffer
}

/** A change that is ready to be made: all of it that could fail has been done, but for what `make` says. */
export interface Change {
  /**
   * Makes it. @throws PartlyMade where an address cannot be listened on after all; the others are. At first it is the
   * system's error.
   */
  make(): Promise<void>
  /** Gives back what was taken for it. */
  drop(): void
}

interface Fresh {
  readonly key: string
  readonly address: ListenAddress
  readonly bound: Bound
}

/** A config that is served by an engine in this process, and can become another one. */
export class Running {
  readonly #listeners = new Map<string, Listener>()
  #engine: Engine | undefined
  #stopping = false
  #acme: ServedCertificates | undefined
  #logs: Logs | undefined
  #report: Report | undefined
  readonly #applications: Applications

  /** @param applications Who runs what the config has run; somebody else where it is left out. */
  constructor(applications: Applications = ELSEWHERE) {
    this.#applications = applications
  }

  /** The first address, as a URL. */
  get url(): string {
    return this.urls[0] ?? ''
  }

  get urls(): string[] {
    return [...this.#listeners.values()].map(({ url }) => url)
  }

  get site(): Site {
    if (this.#engine === undefined) throw new Error('nothing is served yet')
    return this.#engine.site
  }

  /** What gives certificates to the config that is served. */
  get acme(): ServedCertificates | undefined {
    return this.#acme
  }

  /** What is run for the config. */
  applications(): Promise<readonly ApplicationStatus[]> {
    return this.#applications.status()
  }

  /** The addresses that are taken, by key. */
  get bounds(): Map<string, Bound> {
    return new Map([...this.#listeners].map(([key, { bound }]) => [key, bound]))
  }

  /**
   * Prepares that another config is served: addresses are kept where both name them, new ones are taken, certificates
   * are read. @throws the system's error, or one that names the certificate; then nothing has changed.
   */
  async prepare(built: Built, given: Given = {}): Promise<Change> {
    await built.acme?.open()
    const keys = keysOf(built.listen)
    const fresh: Fresh[] = []
    const changes: (() => void)[] = []
    let applications: ApplicationsChange | undefined
    const drop = (): void => {
      for (const { key, bound } of fresh) bound.close(given.bounds?.has(key))
      void applications?.drop()
      void built.logs?.close()
      void leaveErrorLog(built.report)
    }
    try {
      built.logs?.open()
      for (const [i, address] of built.listen.entries()) {
        const key = keys[i] as string
        const listener = this.#listeners.get(key)
        if (listener !== undefined) changes.push(await listener.prepare(address, of(given, key, address, built)))
        else fresh.push({ key, address, bound: given.bounds?.get(key) ?? (await bind(address)) })
      }
      applications = await this.#applications.prepare(built.applications)
      if (this.#stopping) throw new Error('the server is stopping')
    } catch (error) {
      drop()
      throw error
    }
    const { make } = applications
    return { make: () => this.#make(built, given, keys, fresh, changes).finally(make), drop }
  }

  /** Gives new handshakes these certificates, where they are automatic. @throws Error that says which is wrong. */
  async renew(certificates: readonly Certificate[]): Promise<void> {
    await this.#engine?.renew(certificates)
  }

  /** Stops; see the engine. */
  async close(): Promise<void> {
    this.#stopping = true
    this.#acme?.stop()
    await this.#engine?.close()
    // Before the object servers among them, who may be told of the last exchanges.
    await this.#logs?.close()
    await this.#applications.close()
    await leaveErrorLog(this.#report)
  }

  /** Stops, but leaves running exchanges their time, and Unix sockets their names: a successor has them. */
  async retire(): Promise<void> {
    this.#stopping = true
    this.#acme?.stop()
    await this.#engine?.retire(true)
    await this.#logs?.close()
    await this.#applications.close()
    await leaveErrorLog(this.#report)
  }

  async #make(
    built: Built,
    given: Given,
    keys: readonly string[],
    fresh: readonly Fresh[],
    changes: readonly (() => void)[],
  ): Promise<void> {
    const { site, engine: options } = built
    const first = this.#engine === undefined
    const engine = this.#engine ?? new Engine(site, options)
    this.#engine = engine
    if (!first) engine.become(site, options)
    this.#logs?.retire()
    if (this.#report !== built.report) void leaveErrorLog(this.#report)
    this.#logs = built.logs
    this.#report = built.report
    for (const change of changes) change()
    let failure: Error | undefined
    for (const { key, address, bound } of fresh) {
      try {
        this.#listeners.set(key, await engine.listen(address, { ...of(given, key, address, built), bound }))
      } catch (error) {
        failure ??= error as Error
      }
    }
    for (const [key, listener] of this.#listeners) {
      if (keys.includes(key)) continue
      engine.leave(listener)
      this.#listeners.delete(key)
    }
    this.#inOrder(keys)
    await this.#certify(engine, built.acme)
    if (failure !== undefined) throw first ? failure : new PartlyMade(failure.message, { cause: failure })
  }

  /** From now on orders certificates for this engine, or takes them from whoever does. */
  async #certify(engine: Engine, acme: ServedCertificates | undefined): Promise<void> {
    if (this.#acme !== acme) this.#acme?.stop()
    this.#acme = acme
    acme?.start(engine)
    // One may have come since the change was prepared.
    if (acme !== undefined) await engine.renew(acme.certificates)
  }

  /** The addresses as the config lists them, for people. */
  #inOrder(keys: readonly string[]): void {
    for (const key of keys) {
      const listener = this.#listeners.get(key)
      if (listener === undefined) continue
      this.#listeners.delete(key)
      this.#listeners.set(key, listener)
    }
  }
}

function of(
  { certificates, authorities, ticketKeys }: Given,
  key: string,
  { tls }: ListenAddress,
  { acme }: Built,
): ListenWith {
  const own = tls === 'acme' ? acme?.certificates : certificates?.[key]
  const believed = authorities?.[key]
  return {
    ...(own !== undefined && { certificates: own }),
    ...(believed !== undefined && { authorities: believed }),
    ...(ticketKeys !== undefined && { ticketKeys }),
  }
}

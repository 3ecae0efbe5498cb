import type { Built } from '../config/build.ts'
import { Engine } from '../door/engine.ts'
import { type Bound, bind, keysOf, type ListenAddress } from '../io/bound.ts'
import type { Certificate } from '../io/certificate.ts'
import type { Listener } from '../io/listener.ts'
import type { Site } from '../site/site.ts'

/** What somebody else has read or taken already, by the key of its address. */
export interface Given {
  readonly bounds?: ReadonlyMap<string, Bound>
  readonly certificates?: Readonly<Record<string, readonly Certificate[]>>
  /** By which TLS sessions are taken up again, the same in all workers: 48 bytes. */
  readonly ticketKeys?: Buffer
}

/** A change that is ready to be made: all of it that could fail has been done, but for what `make` says. */
export interface Change {
  /** Makes it. @throws the system's error where an address cannot be listened on after all; the others are. */
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

  get connections(): number {
    return this.#engine?.connections ?? 0
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
    const keys = keysOf(built.listen)
    const fresh: Fresh[] = []
    const changes: (() => void)[] = []
    const drop = (): void => {
      for (const { key, bound } of fresh) bound.close(given.bounds?.has(key))
    }
    try {
      for (const [i, address] of built.listen.entries()) {
        const key = keys[i] as string
        const listener = this.#listeners.get(key)
        if (listener !== undefined) changes.push(await listener.prepare(address, of(given, key)))
        else fresh.push({ key, address, bound: given.bounds?.get(key) ?? (await bind(address)) })
      }
    } catch (error) {
      drop()
      throw error
    }
    return { make: () => this.#make(built, given, keys, fresh, changes), drop }
  }

  /** Stops; see the engine. */
  async close(): Promise<void> {
    await this.#engine?.close()
  }

  /** Stops, but leaves running exchanges their time, and Unix sockets their names: a successor has them. */
  async retire(): Promise<void> {
    await this.#engine?.retire(true)
  }

  async #make(
    { site, engine: options, listen }: Built,
    given: Given,
    keys: readonly string[],
    fresh: readonly Fresh[],
    changes: readonly (() => void)[],
  ): Promise<void> {
    if (this.#engine === undefined) this.#engine = new Engine(site, options)
    else this.#engine.become(site, options)
    const engine = this.#engine
    for (const change of changes) change()
    let failure: unknown
    for (const { key, address, bound } of fresh) {
      try {
        this.#listeners.set(key, await engine.listen(address, { ...of(given, key), bound }))
      } catch (error) {
        failure ??= error
      }
    }
    for (const [key, listener] of this.#listeners) {
      if (keys.includes(key)) continue
      engine.leave(listener)
      this.#listeners.delete(key)
    }
    this.#inOrder(listen.length, keys)
    if (failure !== undefined) throw failure
  }

  /** The addresses as the config lists them, for people. */
  #inOrder(count: number, keys: readonly string[]): void {
    for (const key of keys.slice(0, count)) {
      const listener = this.#listeners.get(key)
      if (listener === undefined) continue
      this.#listeners.delete(key)
      this.#listeners.set(key, listener)
    }
  }
}

function of(
  { certificates, ticketKeys }: Given,
  key: string,
): { certificates?: readonly Certificate[]; ticketKeys?: Buffer } {
  const own = certificates?.[key]
  return { ...(own !== undefined && { certificates: own }), ...(ticketKeys !== undefined && { ticketKeys }) }
}

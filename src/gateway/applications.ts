import { Balancer } from './balance/balancer.ts'
import type { Upstream } from './call.ts'

/** The processes of an application that answer, as whoever supervises them tells. */
export interface ApplicationPlaces {
  readonly key: string
  /** Grows with each change. */
  readonly version: number
  /** `address` is `unix:` and a path. */
  readonly processes: readonly { readonly id: number; readonly pid: number; readonly address: string }[]
  /** Why there is none, where that is known. */
  readonly failure: string | undefined
}

/** How busy the processes of an application are with the requests of this process. */
export interface ApplicationLoad {
  readonly key: string
  /** The newest change that is followed here. */
  readonly version: number
  readonly waiting: number
  /** `served`: since the last time. */
  /** `late`: requests in a row that were left without an answer until their time was up. */
  readonly processes: readonly {
    readonly id: number
    readonly running: number
    readonly served: number
    readonly late: number
  }[]
}

/** What a route says of an application that it wants to call. */
export interface Calling {
  readonly key: string
  readonly name: string
  /** Requests that one process takes at once, and that wait beside. */
  readonly connections: number
  /** The most that a fast one is given beside; none where it is left out. See `MemberOptions`. */
  readonly ahead?: number
  readonly queue: number
  readonly upstream: (address: string) => Upstream
}

/** Milliseconds for which requests wait for an application of which no process answers since one failed. */
const HOPE = 2_000

/** An application as those who call it know it. */
class Application {
  readonly balancer: Balancer
  #calling: Calling
  #places: ApplicationPlaces
  /** By address; of those too that are to end. */
  readonly #ids = new Map<string, number>()
  /** When a process answered last, by `performance.now()`. */
  #answered = performance.now()

  constructor(calling: Calling, places: ApplicationPlaces) {
    this.#calling = calling
    this.#places = places
    this.balancer = new Balancer({
      name: calling.name,
      queue: () => this.#calling.queue,
      hopeless: () => this.#hopeless(),
    })
    this.#apply()
  }

  /** A reload may want it called otherwise. */
  become(calling: Calling): void {
    this.#calling = calling
    this.#apply()
  }

  found(places: ApplicationPlaces): void {
    if (this.#places.processes.length > 0) this.#answered = performance.now()
    this.#places = places
    this.#apply()
  }

  /** Why nobody need wait: it fails again and again. */
  #hopeless(): string | undefined {
    const { processes, failure } = this.#places
    if (processes.length > 0 || failure === undefined) return undefined
    return performance.now() - this.#answered > HOPE ? failure : undefined
  }

  load(): ApplicationLoad {
    const { waiting, members } = this.balancer.takeLoad()
    const processes = members.flatMap(({ name, running, served, late }) => {
      const id = this.#ids.get(name)
      return id === undefined ? [] : [{ id, running, served, late }]
    })
    const known = new Set(members.map(({ name }) => name))
    for (const address of this.#ids.keys()) if (!known.has(address)) this.#ids.delete(address)
    return { key: this.#calling.key, version: this.#places.version, waiting, processes }
  }

  #apply(): void {
    const { connections, ahead, upstream } = this.#calling
    for (const { id, address } of this.#places.processes) this.#ids.set(address, id)
    this.balancer.become(
      this.#places.processes.map(({ address, pid }) => ({
        name: address,
        process: pid,
        upstream: () => upstream(address),
        capacity: connections,
        ...(ahead !== undefined && { ahead }),
      })),
    )
  }
}

const applications = new Map<string, Application>()
/** What was told of each, also of those that nobody calls yet. */
const places = new Map<string, ApplicationPlaces>()
/** Those that are run no more, but have something to end here. */
const ended = new Set<string>()

/** What whoever runs them calls those that are called next, by what they are called here. */
let names: ReadonlyMap<string, string> = new Map()

/** From now on `applicationCalled` means these, by its key. */
export function applicationsNamed(keys: ReadonlyMap<string, string>): void {
  names = keys
}

/** The processes of an application, for whoever calls it. They are shared by all routes and sites of this process. */
export function applicationCalled(given: Calling): Balancer {
  const key = names.get(given.key) ?? given.key
  const calling = { ...given, key }
  ended.delete(key)
  let application = applications.get(key)
  if (application === undefined) {
    application = new Application(calling, places.get(key) ?? absent(key))
    applications.set(key, application)
  } else application.become(calling)
  return application.balancer
}

/** Some processes have come or gone. @param all Of every application that is run: the others have ended. */
export function applicationsFound(all: readonly ApplicationPlaces[]): void {
  const keys = new Set(all.map(({ key }) => key))
  for (const found of all) {
    if (places.get(found.key)?.version === found.version) continue
    places.set(found.key, found)
    applications.get(found.key)?.found(found)
  }
  for (const key of places.keys()) {
    if (keys.has(key)) continue
    places.delete(key)
    ended.add(key)
    applications.get(key)?.found(absent(key))
  }
}

/** How busy they all are; what was served is counted anew from now on. */
export function applicationLoads(): ApplicationLoad[] {
  for (const key of ended) {
    const { running = 0, waiting = 0 } = applications.get(key)?.balancer ?? {}
    if (running + waiting > 0) continue
    ended.delete(key)
    applications.delete(key)
  }
  return [...applications.values()].map((application) => application.load())
}

function absent(key: string): ApplicationPlaces {
  return { key, version: 0, processes: [], failure: undefined }
}

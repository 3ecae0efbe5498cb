import type { Report } from '../message/exchange.ts'
import { ApplicationProcess, type Seat } from './application-process.ts'
import { BackOff } from './back-off.ts'
import { ApplicationFailed, endOf } from './failed.ts'
import { Loads } from './loads.ts'
import { takesConnections } from './ready.ts'
import { Scaling } from './scaling.ts'
import type { ApplicationLoad, ApplicationSpec, ApplicationState, ApplicationStatus } from './specification.ts'

const MIB = 1 << 20
/** A process that takes no connections at so many looks in a row is replaced. */
const DEAF = 3
/** Of all applications: one that is named again while it still ends must not be taken for the older one. */
let lastVersion = 0

/** What an application needs of its supervisor. */
export interface Surroundings {
  /** Where the next process is put. @throws Error where the application can have no process. */
  readonly seat: () => Seat
  readonly nextId: () => number
  readonly report: Report
  readonly changed: (state: ApplicationState) => void
}

/** The processes of one application: as many as it needs, each watched and replaced. */
export class Application {
  /** As the config says it now: a reload may change how many there are, and how long is waited. */
  spec: ApplicationSpec
  readonly processes: Map<number, ApplicationProcess> = new Map()
  readonly loads: Loads = new Loads()
  /** How many processes ended unasked, or did not answer in time. */
  restarts: number = 0
  failure: string | undefined = undefined
  ending: boolean = false
  readonly #around: Surroundings
  readonly #backOff = new BackOff()
  #scaling: Scaling
  /** What is to be replaced, and why. */
  readonly #due = new Map<ApplicationProcess, string>()
  #wanted: number
  #version = 0
  #again: NodeJS.Timeout | undefined
  #replacing = false

  constructor(spec: ApplicationSpec, around: Surroundings) {
    this.spec = spec
    this.#around = around
    this.#wanted = spec.processes.min
    this.#scaling = new Scaling(spec)
  }

  get state(): ApplicationState {
    const processes = this.#serving.map(({ id, path }) => ({ id, address: `unix:${path}` }))
    return { key: this.spec.key, version: this.#version, processes, failure: this.failure }
  }

  /** From now on it is run as another config says, that has the same application. */
  become(spec: ApplicationSpec): void {
    this.spec = spec
    this.#scaling = new Scaling(spec)
    const { min, max } = spec.processes
    this.#wanted = Math.min(max, Math.max(min, this.#wanted))
    for (const process of this.#serving.slice(max)) void this.#retire(process)
    this.fill()
  }

  /** Fulfilled when a process takes connections; the others follow. @throws ApplicationFailed where the first does not. */
  async open(): Promise<void> {
    const failed = await this.#begin()
    if (failed !== undefined) throw failed
  }

  /** Starts what is missing. Where none answers yet, one: the others could only fail the same way. */
  fill(): void {
    if (this.ending || this.#again !== undefined) return
    const wanted = this.#serving.length > 0 ? this.#wanted : 1
    for (let count = this.#count; count < wanted; count++) void this.#begin().then((failed) => this.#tell(failed))
  }

  heard(load: ApplicationLoad, from: number): void {
    for (const { id, served } of load.processes) {
      const process = this.processes.get(id)
      if (process !== undefined) process.requests += served
    }
    this.loads.heard(load, from)
    this.#replaceWorn()
  }

  forget(from: number): void {
    this.loads.forget(from)
  }

  /** To be called now and then, each time after as long: as many processes as the requests need. */
  scale(): void {
    if (this.ending) return
    const starting = this.#count > this.#serving.length || this.#again !== undefined
    const change = this.#scaling.look(this.#serving.length, this.loads, starting)
    if (change > 0) this.#wanted = this.#serving.length + 1
    if (change < 0) {
      const idle = this.#serving.toSorted((a, b) => this.loads.running(a.id) - this.loads.running(b.id))[0]
      this.#wanted = Math.max(this.spec.processes.min, this.#serving.length - 1)
      if (idle !== undefined) void this.#retire(idle)
    }
    this.fill()
  }

  /** To be called now and then: a process that needs too much memory, or takes no connections any more, is replaced. */
  async check(memory: ReadonlyMap<ApplicationProcess, number>): Promise<void> {
    const { maxMemory = Number.POSITIVE_INFINITY } = this.spec
    for (const process of this.#serving) {
      const size = Math.ceil((memory.get(process) ?? 0) / MIB)
      if (size > maxMemory) this.replace(process, `it needs ${size} MiB of memory`)
      process.deaf = (await takesConnections(process.path)) ? 0 : process.deaf + 1
      if (process.deaf >= DEAF) this.replace(process, 'it takes no connections any more')
    }
  }

  status(memory: ReadonlyMap<ApplicationProcess, number>): ApplicationStatus {
    const { key, name } = this.spec
    const { restarts, failure, loads } = this
    const processes = [...this.processes.values()].map((process) => {
      const { id, pid, state, since, requests } = process
      return { id, pid, state, since, requests, running: loads.running(id), memory: memory.get(process) }
    })
    return { key, name, state: this.#condition, waiting: loads.waiting, restarts, failure, processes }
  }

  get #condition(): ApplicationStatus['state'] {
    if (this.ending) return 'ending'
    if (this.#serving.length > 0) return 'running'
    return this.failure === undefined ? 'starting' : 'failing'
  }

  /** Each process is replaced, one after the other; those that are still starting, as soon as they serve. */
  replaceAll(why: string): void {
    for (const process of this.processes.values()) {
      if (process.state === 'starting') {
        process.ready.then(
          () => this.replace(process, why),
          // Told by who started it.
          () => undefined,
        )
      } else this.replace(process, why)
    }
  }

  /** Another one is started in its place; it ends when that one takes connections. */
  replace(process: ApplicationProcess, why: string): void {
    if (process.state !== 'serving' || process.replaced || this.ending) return
    this.#due.set(process, why)
    if (!this.#replacing) void this.#replaceDue()
  }

  /** Ends all processes when what they do is done. Fulfilled when nothing is left. */
  async end(gently: boolean): Promise<void> {
    this.ending = true
    clearTimeout(this.#again)
    const processes = [...this.processes.values()]
    await Promise.all(processes.map((process) => (gently ? this.#retire(process) : this.#end(process))))
  }

  get #serving(): ApplicationProcess[] {
    return [...this.processes.values()].filter(({ state }) => state === 'serving')
  }

  /** Those that are there or on their way, without those for which another one is. */
  get #count(): number {
    return [...this.processes.values()].filter(({ state, replaced }) => state !== 'leaving' && !replaced).length
  }

  /** Starts one. Fulfilled when it serves, or with why it does not. */
  async #begin(): Promise<ApplicationFailed | undefined> {
    let process: ApplicationProcess
    try {
      process = new ApplicationProcess(this.spec, this.#around.nextId(), this.#around.seat())
    } catch (error) {
      return this.#failed(new ApplicationFailed(this.spec.name, (error as Error).message), 0)
    }
    this.processes.set(process.id, process)
    try {
      await process.ready
    } catch (error) {
      void this.#end(process)
      if (this.ending) return undefined
      const failed = error instanceof ApplicationFailed ? error : await process.failed((error as Error).message)
      return this.#failed(failed, process.lived)
    }
    if (process.state !== 'serving') return undefined
    this.failure = undefined
    this.#changed()
    void process.exited.then(() => this.#died(process))
    this.fill()
    return undefined
  }

  async #died(process: ApplicationProcess): Promise<void> {
    if (process.state !== 'serving') return
    const { lived } = process
    process.state = 'leaving'
    this.#changed()
    void this.#end(process)
    const failed = await process.failed(`a process ended with ${endOf(await process.exited)}`)
    if (this.ending) return
    const served = process.requests > 0 || failed.exit?.code === 0
    this.#tell(this.#failed(failed, lived, served))
  }

  #failed(failed: ApplicationFailed, lived: number, served: boolean = false): ApplicationFailed {
    this.restarts++
    this.failure = failed.message
    this.#changed()
    clearTimeout(this.#again)
    const fill = (): void => {
      this.#again = undefined
      this.fill()
    }
    this.#again = setTimeout(fill, this.#backOff.ended(lived, served))
    return failed
  }

  #tell(failed: ApplicationFailed | undefined): void {
    if (failed !== undefined) this.#around.report('error', failed.message, { application: this.spec.name })
  }

  /** What has served enough. Limits are a little different, so that not all are reached at once. */
  #replaceWorn(): void {
    const { maxRequests } = this.spec
    if (maxRequests === undefined || this.#again !== undefined) return
    for (const process of this.#serving) {
      const spread = Math.floor((maxRequests / 10) * ((process.id % 8) / 8))
      if (process.requests >= maxRequests - spread) this.replace(process, `it has served ${process.requests} requests`)
    }
  }

  async #replaceDue(): Promise<void> {
    this.#replacing = true
    for (const [process, why] of this.#due) {
      this.#due.delete(process)
      if (process.state !== 'serving' || this.ending) continue
      process.replaced = true
      const failed = await this.#begin()
      process.replaced = false
      if (failed === undefined) {
        this.#around.report('info', `A process is replaced: ${why}.`, this.#fieldsOf(process))
        await this.#retire(process)
        continue
      }
      this.#due.clear()
      this.#around.report('error', `A process stays, since no other can be started: ${failed.message}`, {
        ...this.#fieldsOf(process),
        why,
      })
    }
    this.#replacing = false
  }

  /** It gets no new requests, and ends when what it does is done, or after a while. */
  async #retire(process: ApplicationProcess): Promise<void> {
    if (process.state === 'serving') {
      process.state = 'leaving'
      this.#changed()
      await this.loads.quiet(process, this.#version, this.spec.timeouts.stop)
    }
    await this.#end(process)
  }

  async #end(process: ApplicationProcess): Promise<void> {
    await process.end()
    this.processes.delete(process.id)
  }

  #changed(): void {
    this.#version = ++lastVersion
    this.#around.changed(this.state)
  }

  #fieldsOf({ pid }: ApplicationProcess): Record<string, unknown> {
    return { application: this.spec.name, process: pid }
  }
}

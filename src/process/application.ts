import type { Report } from '../message/exchange.ts'
import { ApplicationProcess, type Seat } from './application-process.ts'
import { BackOff } from './back-off.ts'
import { ApplicationFailed, endOf } from './failed.ts'
import { Loads } from './loads.ts'
import { Replacing } from './replacing.ts'
import { Scaling } from './scaling.ts'
import type { ApplicationLoad, ApplicationSpec, ApplicationState } from './specification.ts'
import { hangs, hasServed, isWorn } from './wear.ts'

/** What an application needs of its supervisor. */
export interface Surroundings {
  /** Where the next process is put. @throws Error where the application can have no process. */
  readonly seat: (spec: ApplicationSpec) => Seat
  readonly nextId: () => number
  /** Of states, which are told apart by it, also those of an application that ends and one of the same key that begins. */
  readonly nextVersion: () => number
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
  readonly #backOff = new BackOff(() => this.fill())
  #scaling: Scaling
  readonly #replacing: Replacing
  /** Those that died young, of which it may be told yet that they had served. */
  readonly #fallen = new Set<number>()
  #wanted: number
  #version: number

  constructor(spec: ApplicationSpec, around: Surroundings) {
    this.spec = spec
    this.#around = around
    this.#wanted = spec.processes.min
    this.#scaling = new Scaling(spec)
    this.#version = around.nextVersion()
    this.#replacing = new Replacing({
      report: around.report,
      begin: () => this.#begin(),
      retire: (process) => this.#retire(process),
      fieldsOf: (process) => this.#fieldsOf(process),
    })
  }

  get state(): ApplicationState {
    const processes = this.#serving.map(({ id, pid, path }) => ({ id, pid, address: `unix:${path}` }))
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
    if (this.ending || this.#backOff.waits) return
    const wanted = this.#serving.length > 0 ? this.#wanted : 1
    for (let count = this.#count; count < wanted; count++) void this.#begin().then((failed) => this.#tell(failed))
  }

  heard(load: ApplicationLoad, from: number): void {
    for (const { id, served, late } of load.processes) {
      const process = this.processes.get(id)
      if (process !== undefined) {
        process.requests += served
        this.#replaceWhere(process, hangs(late))
      }
      if (served > 0 && this.#fallen.delete(id)) this.#backOff.wasOfUse()
    }
    this.loads.heard(load, from)
    if (this.#backOff.waits) return
    for (const process of this.#serving) this.#replaceWhere(process, hasServed(process, this.spec))
  }

  forget(from: number): void {
    this.loads.forget(from)
  }

  /** To be called now and then, each time after as long: as many processes as the requests need. */
  scale(): void {
    if (this.ending) return
    const starting = this.#count > this.#serving.length || this.#backOff.waits
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
    if (this.#backOff.waits) return
    for (const process of this.#serving) {
      this.#replaceWhere(process, await isWorn(process, this.spec, memory.get(process) ?? 0))
    }
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
    if (!this.ending) this.#replacing.add(process, why)
  }

  /** Ends all processes when what they do is done. Fulfilled when nothing is left. */
  async end(gently: boolean): Promise<void> {
    this.ending = true
    this.#backOff.stop()
    this.#replacing.stop()
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
      process = new ApplicationProcess(this.spec, this.#around.nextId(), this.#around.seat(this.spec))
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
    this.#fallen.clear()
    this.#changed()
    void process.exited.then(() => this.#died(process))
    this.fill()
    return undefined
  }

  async #died(process: ApplicationProcess): Promise<void> {
    if (process.state !== 'serving') return
    const exit = await process.exited
    process.state = 'leaving'
    this.restarts++
    // One that ends well has decided so itself, as after a number of requests.
    const served = process.requests > 0 || exit.code === 0
    if (!served) this.#fallen.add(process.id)
    if (!this.ending) this.#backOff.ended(process.lived, served)
    this.#changed()
    void this.#end(process)
    const failed = await process.failed(`a process ended with ${endOf(exit)}`)
    if (this.ending) return
    this.#tell(failed)
    if (this.#serving.length >= this.#wanted) return
    this.failure = failed.message
    this.#changed()
  }

  #failed(failed: ApplicationFailed, lived: number): ApplicationFailed {
    this.restarts++
    this.failure = failed.message
    if (!this.ending) this.#backOff.ended(lived, false)
    this.#changed()
    return failed
  }

  #tell(failed: ApplicationFailed | undefined): void {
    if (failed !== undefined) this.#around.report('error', failed.message, { application: this.spec.name })
  }

  #replaceWhere(process: ApplicationProcess, why: string | undefined): void {
    if (why !== undefined) this.replace(process, why)
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
    try {
      await process.end()
    } catch (error) {
      const what = `It is not known whether a process has ended: ${(error as Error).message}`
      this.#around.report('error', what, this.#fieldsOf(process))
    }
    this.processes.delete(process.id)
  }

  #changed(): void {
    this.#version = this.#around.nextVersion()
    this.#around.changed(this.state)
  }

  #fieldsOf({ pid }: ApplicationProcess): Record<string, unknown> {
    return { application: this.spec.name, process: pid }
  }
}

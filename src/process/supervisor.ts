import type { Report } from '../message/exchange.ts'
import { Application } from './application.ts'
import type { ApplicationProcess, Seat } from './application-process.ts'
import { BackOff } from './back-off.ts'
import { Ground } from './ground.ts'
import { memoryOf } from './kin.ts'
import {
  type ApplicationLoad,
  type ApplicationSpec,
  type ApplicationState,
  type ApplicationStatus,
  checkSpec,
  type Ids,
} from './specification.ts'
import { statusOf } from './status.ts'
import { whoRuns } from './who.ts'

/** Milliseconds from one look at what waits to the next. */
const SCALE = 500
/** And from one look at memory and sockets to the next. */
const CHECK = 5000

export interface SupervisorOptions {
  /** Where the private folders of supervisors are; made where it is not there. All users must be able to pass through it. */
  readonly folder: string
  readonly report: Report
  /** Told whenever other processes take requests. */
  readonly changed: (state: ApplicationState) => void
  /** Who must be able to connect, where that is not this user: the workers. */
  readonly owner?: Ids
  /** Milliseconds from one look at memory and sockets to the next; 5000 where it is left out. */
  readonly check?: number
}

/** What a new set of applications changes, when their processes answer. One of the two is to be called, once. */
export interface Change {
  /** Applications that are not named any more end, those that stay are replaced one process at a time. */
  make(): void
  /** The new ones end. Fulfilled when they have. */
  drop(): Promise<void>
}

/** Runs applications: starts their processes, watches, scales and replaces them. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #applications = new Map<string, Application>()
  /** Those that end, and when they have. */
  readonly #leaving = new Map<Application, Promise<void>>()
  #ground: Promise<Ground> | undefined
  #lastId = 0
  #lastVersion = 0
  #closing = false
  #looks: NodeJS.Timeout[] = []
  /** What was to be started last, and when it is tried again. */
  #specs: readonly ApplicationSpec[] = []
  readonly #again = new BackOff(() => void this.#start(this.#specs))

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /**
   * Starts what is new. Fulfilled when a process of each answers.
   * @throws ApplicationFailed for the first that does not; then nothing has changed. RangeError for a spec that makes no sense.
   */
  async prepare(specs: readonly ApplicationSpec[]): Promise<Change> {
    for (const spec of specs) checkSpec(spec)
    const added = await this.#add(specs)
    const drop = async (): Promise<void> => {
      for (const { spec } of added) this.#applications.delete(spec.key)
      await Promise.all(added.map((application) => this.#end(application, false)))
    }
    try {
      await Promise.all(added.map((application) => application.open()))
    } catch (error) {
      await drop()
      throw error
    }
    this.#checkOpen()
    return { make: () => this.#make(specs, added), drop }
  }

  /** As `prepare` and `make`, at once: what fails is reported, and tried again. @throws RangeError as `prepare` does. */
  start(specs: readonly ApplicationSpec[]): void {
    for (const spec of specs) checkSpec(spec)
    if (this.#closing) return
    this.#specs = specs
    this.#again.stop()
    void this.#start(specs)
  }

  /** How busy an application is. @param from The number of the worker that says so. */
  heard(load: ApplicationLoad, from: number): void {
    for (const application of this.#all) if (application.spec.key === load.key) application.heard(load, from)
  }

  /** A process that hangs, as those find who talk to it, is replaced. @param why As in `A process is replaced: …`. */
  replace(key: string, id: number, why: string): void {
    const application = this.#applications.get(key)
    const process = application?.processes.get(id)
    if (process !== undefined) application?.replace(process, why)
  }

  /** A worker has gone. */
  forget(from: number): void {
    for (const application of this.#all) application.forget(from)
  }

  /** Whether an application is run, or has not ended yet. */
  has(key: string): boolean {
    return this.#all.some(({ spec }) => spec.key === key)
  }

  /** What there is to know of each, with the memory at this moment. */
  async status(): Promise<ApplicationStatus[]> {
    const memory = await this.#memory(this.#processes)
    return this.#all.map((application) => statusOf(application, memory))
  }

  /** The numbers of all processes that were started here and may run, that of the keeper among them. */
  async pids(): Promise<number[]> {
    const { keeper } = (await this.#ground) ?? {}
    return [...this.#processes.map(({ pid }) => pid), ...(keeper?.pid === undefined ? [] : [keeper.pid])]
  }

  /** Ends everything, gently and then by force. Fulfilled when nothing is left. */
  async close(): Promise<void> {
    this.#closing = true
    this.#again.stop()
    const ground = await this.#ground?.catch(() => undefined)
    for (const look of this.#looks) clearInterval(look)
    for (const application of this.#applications.values()) void this.#end(application, false)
    this.#applications.clear()
    // Those too that were leaving gently: nobody sends them anything any more.
    await Promise.all([...this.#leaving].map(([application, ended]) => Promise.all([application.end(false), ended])))
    await ground?.close()
  }

  async #start(specs: readonly ApplicationSpec[]): Promise<void> {
    try {
      const added = await this.#add(specs)
      for (const application of added) application.fill()
      this.#make(specs, added)
    } catch (error) {
      if (this.#closing) return
      this.#options.report('error', `Applications cannot be started: ${(error as Error).message}`)
      if (specs === this.#specs) this.#again.ended(0, false)
    }
  }

  async #add(specs: readonly ApplicationSpec[]): Promise<Application[]> {
    const missing = (): readonly ApplicationSpec[] => {
      return specs.filter(({ key }, i) => {
        return !this.#applications.has(key) && specs.findIndex((other) => other.key === key) === i
      })
    }
    if (missing().length === 0) return []
    this.#checkOpen()
    this.#ground ??= this.#open()
    const ground = await this.#ground
    this.#checkOpen()
    // Somebody else may have added one meanwhile: a reload that follows at once upon the start.
    return missing().map((spec) => {
      const application = new Application(spec, {
        seat: (spec) => this.#seatOf(spec, ground),
        nextId: () => ++this.#lastId,
        nextVersion: () => ++this.#lastVersion,
        report: this.#options.report,
        changed: (state) => this.#options.changed(state),
      })
      this.#applications.set(spec.key, application)
      return application
    })
  }

  #checkOpen(): void {
    if (this.#closing) throw new Error('the supervisor is closed')
  }

  #make(specs: readonly ApplicationSpec[], added: readonly Application[]): void {
    this.#again.stop()
    const named = new Map(specs.map((spec) => [spec.key, spec]))
    for (const [key, application] of this.#applications) {
      const spec = named.get(key)
      if (spec !== undefined) {
        if (!added.includes(application)) application.become(spec)
        if (application.spec.reload === 'replace' && !added.includes(application)) application.replaceAll('a reload')
        continue
      }
      this.#applications.delete(key)
      void this.#end(application, true)
    }
  }

  get #all(): Application[] {
    return [...this.#applications.values(), ...this.#leaving.keys()]
  }

  get #processes(): ApplicationProcess[] {
    return this.#all.flatMap((application) => [...application.processes.values()])
  }

  #end(application: Application, gently: boolean): Promise<void> {
    // It is there until it has ended: who hears of changes asks.
    this.#leaving.set(application, Promise.resolve())
    const ended = application.end(gently).finally(() => this.#leaving.delete(application))
    this.#leaving.set(application, ended)
    return ended
  }

  /** What is wrong with its user is told at each start, since it can be mended meanwhile. */
  #seatOf(spec: ApplicationSpec, { folder, keeper }: Ground): Seat {
    const { report, owner } = this.#options
    const who = whoRuns(spec, owner)
    return { token: folder.token, base: folder.path, folder: folder.add(who, owner), who, owner, keeper, report }
  }

  async #open(): Promise<Ground> {
    const { folder, report, check = CHECK } = this.#options
    try {
      const ground = await Ground.open(folder, report)
      const failed = (error: Error): void => report('error', `Processes cannot be looked at: ${error.message}`)
      this.#looks = [
        setInterval(() => this.#scale(), SCALE).unref(),
        setInterval(() => void this.#check().catch(failed), check).unref(),
      ]
      return ground
    } catch (error) {
      // What is wrong with the folder may be mended.
      this.#ground = undefined
      throw error
    }
  }

  #scale(): void {
    for (const application of this.#applications.values()) application.scale()
  }

  async #check(): Promise<void> {
    const applications = [...this.#applications.values()]
    const limited = applications.filter(({ spec }) => spec.maxMemory !== undefined)
    const memory = await this.#memory(limited.flatMap(({ processes }) => [...processes.values()]))
    await Promise.all(applications.map((application) => application.check(memory)))
  }

  async #memory(processes: readonly ApplicationProcess[]): Promise<ReadonlyMap<ApplicationProcess, number>> {
    const sizes = processes.length === 0 ? [] : await memoryOf(processes)
    return new Map(processes.map((process, i) => [process, sizes[i] ?? 0]))
  }
}

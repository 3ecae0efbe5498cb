import { randomBytes } from 'node:crypto'
import type { ChallengeMessage } from '../acme/challenges.ts'
import type { ServedCertificates, Serving } from '../acme/served.ts'
import { buildAcme } from '../config/acme.ts'
import { applicationKeys, applicationsOf, checkApplications } from '../config/applications.ts'
import { Modules } from '../config/modules.ts'
import { DEFAULT_TIMEOUTS, type Timeouts } from '../door/settings.ts'
import { type Bound, bind } from '../io/bound.ts'
import type { Certificate } from '../io/certificate.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import type { Report } from '../message/exchange.ts'
import type { ApplicationSpec, ApplicationStatus, Ids } from '../process/specification.ts'
import type { Change as ApplicationsChange } from '../process/supervisor.ts'
import { OwnApplications } from './applications.ts'
import { Crew } from './crew.ts'
import { type LogsChange, OwnLogs } from './logs.ts'
import type { Orders, ToWorker } from './messages.ts'
import { PartlyMade } from './partly-made.ts'
import { authoritiesOf, certificatesOf, listensAt, type Read, type Reading } from './reading.ts'
import { workersOf } from './worker-count.ts'
import { WorkerEnded, type WorkerProcess } from './worker-process.ts'

export interface PrimaryOptions {
  readonly read: Read
  /** The program of the workers, and how it is started. */
  readonly program: URL
  readonly args: (hang: number) => readonly string[]
  readonly report: Report
  /** Who the workers are, where they are somebody else than this process. */
  readonly owner?: Ids
  /** Addresses that were taken for this server before. */
  readonly inherited?: ReadonlyMap<string, Bound>
}

/** A config as the primary knows it: it takes the addresses and reads the keys; it evaluates no module of a route. */
interface Present {
  readonly orders: Orders
  readonly bounds: ReadonlyMap<string, Bound>
  readonly timeouts: Timeouts
  /** What orders certificates. */
  readonly acme: ServedCertificates | undefined
  readonly applications: readonly ApplicationSpec[]
}

/** How much longer than `timeouts.stop` a worker may take to end, in milliseconds. */
const GRACE = 2_000

/**
 * The process that owns what must be single: the listening sockets and the workers, which it replaces when they die or
 * hang. It reads no request.
 */
export class Primary {
  readonly #options: PrimaryOptions
  readonly #ticketKeys = randomBytes(48).toString('base64')
  readonly #crew: Crew
  readonly #applications: OwnApplications
  readonly #logs: OwnLogs
  readonly #change: <T>(act: () => Promise<T>) => Promise<T>
  readonly #serving: Serving = {
    renew: (certificates) => this.#change(() => this.#renew(certificates)),
    challenge: (message) => this.#tellAll(this.#challenge(message)),
  }
  #present: Present | undefined
  #generation = 0
  #stopping = false
  #retired = false
  #urls: readonly string[] = []

  constructor(options: PrimaryOptions) {
    this.#options = options
    this.#change = oneAtATime((act) => act()) as <T>(act: () => Promise<T>) => Promise<T>
    const { report, owner } = options
    this.#logs = new OwnLogs(report)
    this.#applications = new OwnApplications({
      report,
      ...(owner !== undefined && { owner }),
      changed: (states) => {
        // Those too that are to end: an old process ends when nobody calls it any more.
        for (const worker of this.#crew.all) worker.found(states)
      },
    })
    this.#crew = new Crew({
      ...options,
      bring: (worker) => this.#bring(worker),
      inTurn: this.#change,
      calling: (loads, from) => this.#applications.heard(loads, from),
      gone: (from) => this.#applications.forget(from),
      logging: (lines) => this.#logs.heard(lines),
    })
  }

  get urls(): readonly string[] {
    return this.#urls
  }

  get bounds(): ReadonlyMap<string, Bound> {
    return this.#present?.bounds ?? new Map()
  }

  /** The process numbers of the workers. */
  get workers(): number[] {
    return this.#crew.workers.flatMap(({ pid }) => pid ?? [])
  }

  applications(): Promise<readonly ApplicationStatus[]> {
    return this.#applications.status()
  }

  /** Fulfilled when all workers serve. @throws what one of them, or reading the config, fails with; then none runs. */
  start(reading: Reading): Promise<void> {
    return this.#change(async () => {
      const present = await this.#take(reading, this.#options.inherited ?? new Map())
      this.#present = present
      const inherited = [...(this.#options.inherited ?? [])]
      try {
        const logs = await this.#logs.prepare(reading)
        logs.make()
        await this.#crew.start(present.orders.workers, present.timeouts.hang)
      } catch (error) {
        this.#stopping = true
        await this.#crew.end('stop', 0)
        for (const [key, bound] of present.bounds) bound.close(this.#options.inherited?.has(key))
        await this.#logs.close()
        throw error
      }
      for (const [key, bound] of inherited) if (!present.bounds.has(key)) bound.close()
      present.acme?.start(this.#serving)
      const applications = await this.#applications.prepare(present.applications)
      applications.make()
    })
  }

  /** Serves by the config as it is now. @throws what is wrong with it; then all goes on as it was. */
  reload(): Promise<void> {
    return this.#change(async () => {
      const old = this.#present
      if (old === undefined || this.#stopping) throw new Error('the server is stopping')
      const reading = await this.#options.read(new Modules(true))
      const next = await this.#take(reading, old.bounds)
      const { workers } = this.#crew
      let applications: ApplicationsChange | undefined
      let logs: LogsChange | undefined
      try {
        logs = await this.#logs.prepare(reading)
        applications = await this.#applications.prepare(next.applications)
        // Somebody must try the config before all depends on it.
        if (workers.length === 0) await this.#crew.begin(0, (worker) => this.#bring(worker, next))
        await all(workers.map((worker) => this.#prepare(worker, next, old)))
        if (this.#stopping) throw new Error('the server is stopping')
      } catch (error) {
        for (const worker of workers) worker.drop(next.orders.generation)
        await applications?.drop()
        logs?.drop()
        release(next, old)
        throw error
      }
      this.#present = next
      // Before the workers write to what is new.
      logs.make()
      const made = all(workers.map((worker) => this.#make(worker, next).catch(unlessEnded)))
      await made.catch(() => undefined)
      applications.make()
      release(old, next)
      if (old.acme !== next.acme) old.acme?.stop()
      next.acme?.start(this.#serving)
      await this.#crew.fit(next.orders.workers, next.timeouts.hang)
      await made.catch((error: Error) => Promise.reject(new PartlyMade(error.message, { cause: error })))
    })
  }

  /** Stops all workers; their exchanges have `timeouts.stop`. Fulfilled when the last one has ended. */
  async close(): Promise<void> {
    this.#stopping = true
    this.#present?.acme?.stop()
    // The names of Unix sockets are those of a successor, if there is one.
    for (const bound of this.bounds.values()) bound.close(this.#retired)
    await this.#crew.end('stop', (this.#present?.timeouts.stop ?? 0) + GRACE)
    await this.#applications.close()
    await this.#logs.close()
  }

  /** Stops too, but a successor has the addresses, and exchanges have the time that they take. */
  async retire(): Promise<void> {
    this.#stopping = true
    this.#retired = true
    this.#present?.acme?.stop()
    for (const bound of this.bounds.values()) bound.close(true)
    await this.#crew.end('retire')
    await this.#applications.close()
    await this.#logs.close()
  }

  /** Ends all workers at once, with what they do. */
  cut(): void {
    this.#crew.cut()
  }

  /** Takes what a reading needs: addresses that are there already stay. */
  async #take(reading: Reading, there: ReadonlyMap<string, Bound>): Promise<Present> {
    const addresses = listensAt(reading)
    const certificates = certificatesOf(addresses)
    const authorities = authoritiesOf(addresses)
    const { base, source } = reading.build
    const applications = applicationsOf(reading.config, base, source)
    checkApplications(reading.config, base, source)
    const acme = await buildAcme(reading.config, { ...reading.build, acme: this.#present?.acme })
    await acme?.open()
    const automatic = acme?.certificates ?? []
    const bounds = new Map<string, Bound>()
    try {
      for (const [key, address] of addresses) bounds.set(key, there.get(key) ?? (await bind(address)))
    } catch (error) {
      for (const [key, bound] of bounds) if (!there.has(key)) bound.close()
      throw error
    }
    const workers = workersOf(reading.config)
    const timeouts = { ...DEFAULT_TIMEOUTS, ...reading.config.timeouts }
    const { hang } = timeouts
    const listen = [...addresses.values()]
    const ticketKeys = this.#ticketKeys
    const generation = ++this.#generation
    const keys = applicationKeys(reading.config, base, source)
    const read = { certificates, authorities, automatic }
    const orders = { generation, hang, workers, listen, ...read, ticketKeys, applications: keys }
    return { orders, bounds, timeouts, acme, applications }
  }

  /** Has a worker serve by a config, with all that was told meanwhile. */
  async #bring(worker: WorkerProcess, present: Present | undefined = this.#present): Promise<void> {
    if (present === undefined) throw new Error('the server is stopping')
    await this.#prepare(worker, present, undefined)
    worker.found(this.#applications.states)
    for (const message of present.acme?.challenges.list() ?? []) await worker.tell(this.#challenge(message))
    await this.#make(worker, present)
  }

  /** Tells all workers. One that has died, or does not listen, is replaced by one that knows. */
  async #tellAll(message: Parameters<WorkerProcess['tell']>[0]): Promise<void> {
    await Promise.allSettled(this.#crew.workers.map((worker) => worker.tell(message)))
  }

  #challenge(message: ChallengeMessage): Extract<ToWorker, { readonly do: 'challenge' }> {
    return { do: 'challenge', generation: ++this.#generation, message }
  }

  /** New handshakes get these certificates, in all workers and in those that will replace them. */
  async #renew(automatic: readonly Certificate[]): Promise<void> {
    const present = this.#present
    if (present === undefined || this.#stopping) return
    this.#present = { ...present, orders: { ...present.orders, automatic } }
    await this.#tellAll({ do: 'renew', generation: ++this.#generation, certificates: automatic })
  }

  #prepare(worker: WorkerProcess, next: Present, old: Present | undefined): Promise<void> {
    for (const [key, bound] of next.bounds) if (old?.bounds.get(key) !== bound) worker.take(key, bound)
    return worker.prepare(next.orders)
  }

  async #make(worker: WorkerProcess, { orders }: Present): Promise<void> {
    this.#urls = await worker.make(orders.generation)
  }
}

/** Waits for all of them, and throws what the first of them fails with. */
async function all(running: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(running)) if (outcome.status === 'rejected') throw outcome.reason
}

/** A worker that died is replaced by one that does as it should have. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof WorkerEnded)) throw error
}

/** Gives up the addresses that only the first one had. */
function release(gone: Present, stays: Present): void {
  for (const [key, bound] of gone.bounds) if (stays.bounds.get(key) !== bound) bound.close()
}

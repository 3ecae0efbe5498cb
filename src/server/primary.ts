import { randomBytes } from 'node:crypto'
import { Modules } from '../config/modules.ts'
import { DEFAULT_TIMEOUTS, type Timeouts } from '../door/settings.ts'
import { type Bound, bind } from '../io/bound.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import type { Report } from '../message/exchange.ts'
import type { Orders } from './messages.ts'
import { PartlyMade } from './partly-made.ts'
import { certificatesOf, listensAt, type Read, type Reading } from './reading.ts'
import { SIGNS, workersOf } from './worker.ts'
import { type Ending, WorkerEnded, WorkerProcess } from './worker-process.ts'

export interface PrimaryOptions {
  readonly read: Read
  /** The program of the workers, and how it is started. */
  readonly program: URL
  readonly args: (hang: number) => readonly string[]
  readonly report: Report
  /** Addresses that were taken for this server before. */
  readonly inherited?: ReadonlyMap<string, Bound>
}

/** A config as the primary knows it: it takes the addresses and reads the keys; it evaluates no module of a route. */
interface Present {
  readonly orders: Orders
  readonly bounds: ReadonlyMap<string, Bound>
  readonly timeouts: Timeouts
}

/** A worker that lived for so long, in milliseconds, is replaced at once; one that did not, after a while that grows. */
const LIVED = 10_000
const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000
/** How much longer than `timeouts.stop` a worker may take to end, in milliseconds. */
const GRACE = 2_000

/**
 * The process that owns what must be single: the listening sockets and the workers, which it replaces when they die or
 * hang. It reads no request.
 */
export class Primary {
  readonly #options: PrimaryOptions
  readonly #ticketKeys = randomBytes(48).toString('base64')
  readonly #workers = new Map<number, WorkerProcess>()
  /** Those that are to end, and have not. */
  readonly #leaving = new Set<WorkerProcess>()
  /** How long was waited before a worker was replaced, by slot, in milliseconds. */
  readonly #delays = new Map<number, number>()
  readonly #change: <T>(act: () => Promise<T>) => Promise<T>
  #present: Present | undefined
  #generation = 0
  #stopping = false
  #retired = false
  #watch: NodeJS.Timeout | undefined
  #urls: readonly string[] = []

  constructor(options: PrimaryOptions) {
    this.#options = options
    this.#change = oneAtATime((act) => act()) as <T>(act: () => Promise<T>) => Promise<T>
  }

  get urls(): readonly string[] {
    return this.#urls
  }

  get bounds(): ReadonlyMap<string, Bound> {
    return this.#present?.bounds ?? new Map()
  }

  /** The process numbers of the workers. */
  get workers(): number[] {
    return [...this.#workers.values()].flatMap(({ pid }) => pid ?? [])
  }

  /** Fulfilled when all workers serve. @throws what one of them, or reading the config, fails with; then none runs. */
  start(reading: Reading): Promise<void> {
    return this.#change(async () => {
      const present = await this.#take(reading, this.#options.inherited ?? new Map())
      this.#present = present
      const inherited = [...(this.#options.inherited ?? [])]
      const started = slots(present).map((slot) => this.#begin(slot, present))
      try {
        await Promise.all(started)
      } catch (error) {
        this.#stopping = true
        await this.#endAll('stop', 0)
        for (const [key, bound] of present.bounds) bound.close(this.#options.inherited?.has(key))
        throw error
      }
      for (const [key, bound] of inherited) if (!present.bounds.has(key)) bound.close()
      this.#lookAfter(present)
    })
  }

  /** Serves by the config as it is now. @throws what is wrong with it; then all goes on as it was. */
  reload(): Promise<void> {
    return this.#change(async () => {
      const old = this.#present
      if (old === undefined || this.#stopping) throw new Error('the server is stopping')
      const next = await this.#take(await this.#options.read(new Modules(true)), old.bounds)
      const workers = [...this.#workers.values()]
      try {
        // Somebody must try the config before all depends on it.
        if (workers.length === 0) await this.#begin(0, next)
        await all(workers.map((worker) => this.#prepare(worker, next, old)))
        if (this.#stopping) throw new Error('the server is stopping')
      } catch (error) {
        for (const worker of workers) worker.drop(next.orders.generation)
        release(next, old)
        throw error
      }
      this.#present = next
      const made = all(workers.map((worker) => this.#make(worker, next).catch(unlessEnded)))
      await made.catch(() => undefined)
      release(old, next)
      this.#lookAfter(next)
      await this.#fit(next)
      await made.catch((error: Error) => Promise.reject(new PartlyMade(error.message, { cause: error })))
    })
  }

  /** Stops all workers; their exchanges have `timeouts.stop`. Fulfilled when the last one has ended. */
  async close(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    // The names of Unix sockets are those of a successor, if there is one.
    for (const bound of this.bounds.values()) bound.close(this.#retired)
    await this.#endAll('stop', (this.#present?.timeouts.stop ?? 0) + GRACE)
  }

  /** Stops too, but a successor has the addresses, and exchanges have the time that they take. */
  async retire(): Promise<void> {
    this.#stopping = true
    this.#retired = true
    for (const bound of this.bounds.values()) bound.close(true)
    await this.#endAll('retire')
    clearInterval(this.#watch)
  }

  /** Ends all workers at once, with what they do. */
  cut(): void {
    for (const worker of [...this.#workers.values(), ...this.#leaving]) worker.kill()
  }

  /** Takes what a reading needs: addresses that are there already stay. */
  async #take(reading: Reading, there: ReadonlyMap<string, Bound>): Promise<Present> {
    const addresses = listensAt(reading)
    const certificates = certificatesOf(addresses)
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
    const orders = { generation: ++this.#generation, hang, workers, listen, certificates, ticketKeys }
    return { orders, bounds, timeouts }
  }

  /** Starts a worker and has it serve. @throws what it fails with; then it is ended. */
  async #begin(slot: number, present: Present): Promise<void> {
    const { program, args } = this.#options
    const worker = new WorkerProcess(slot, program, args(present.timeouts.hang))
    this.#workers.set(slot, worker)
    const since = performance.now()
    void worker.ended.then((ending) => this.#ended(worker, ending, performance.now() - since))
    try {
      await this.#prepare(worker, present, undefined)
      await this.#make(worker, present)
    } catch (error) {
      if (this.#workers.get(slot) === worker) this.#workers.delete(slot)
      this.#leaving.add(worker)
      worker.kill()
      throw error
    }
  }

  #prepare(worker: WorkerProcess, next: Present, old: Present | undefined): Promise<void> {
    for (const [key, bound] of next.bounds) if (old?.bounds.get(key) !== bound) worker.take(key, bound)
    return worker.prepare(next.orders)
  }

  async #make(worker: WorkerProcess, { orders }: Present): Promise<void> {
    this.#urls = await worker.make(orders.generation)
  }

  #ended(worker: WorkerProcess, { code, signal }: Ending, lived: number): void {
    this.#leaving.delete(worker)
    if (this.#workers.get(worker.slot) !== worker) return
    this.#workers.delete(worker.slot)
    if (this.#stopping || worker.generation === 0) return
    this.#options.report('error', 'A worker ended and is replaced.', { worker: worker.slot, code, signal })
    if (lived > LIVED) this.#delays.delete(worker.slot)
    this.#replaceLater(worker.slot, lived > LIVED ? 0 : this.#delayed(worker.slot))
  }

  /** Twice as long as before. */
  #delayed(slot: number): number {
    const delay = Math.min(LONGEST_DELAY, Math.max(FIRST_DELAY, 2 * (this.#delays.get(slot) ?? 0)))
    this.#delays.set(slot, delay)
    return delay
  }

  #replaceLater(slot: number, delay: number): void {
    setTimeout(() => void this.#change(() => this.#fill(slot)), delay).unref()
  }

  /** Starts the worker that is missing; again and again, if it must. */
  async #fill(slot: number): Promise<void> {
    const present = this.#present
    if (this.#stopping || present === undefined || slot >= present.orders.workers || this.#workers.has(slot)) return
    try {
      await this.#begin(slot, present)
    } catch (error) {
      if (this.#stopping) return
      const again = this.#delayed(slot)
      const { message } = error as Error
      this.#options.report('error', `A worker could not be started: ${message}`, { worker: slot, again })
      this.#replaceLater(slot, again)
    }
  }

  /** As many workers as the config wants now. */
  async #fit(present: Present): Promise<void> {
    for (const worker of this.#workers.values()) {
      if (worker.slot < present.orders.workers) continue
      this.#workers.delete(worker.slot)
      this.#leaving.add(worker)
      worker.end('retire')
    }
    await Promise.all(slots(present).map((slot) => this.#fill(slot)))
  }

  /**
   * Looks for signs of life. Looks are counted and not the time: where the machine stood still or the clock was set,
   * both sides missed it.
   */
  #lookAfter({ timeouts }: Present): void {
    clearInterval(this.#watch)
    this.#watch = setInterval(() => {
      for (const worker of [...this.#workers.values(), ...this.#leaving]) {
        // One that starts has a limit of its own, and cannot tell before it runs.
        if (worker.generation === 0 || ++worker.quiet <= SIGNS) continue
        this.#options.report('error', 'A worker hangs and is killed: timeouts.hang.', { worker: worker.slot })
        worker.kill()
      }
    }, timeouts.hang / SIGNS)
  }

  async #endAll(how: 'stop' | 'retire', limit?: number): Promise<void> {
    const workers = [...this.#workers.values(), ...this.#leaving]
    for (const worker of workers) worker.end(how)
    const late = limit === undefined ? undefined : setTimeout(() => this.cut(), limit)
    await Promise.all(workers.map(({ ended }) => ended))
    clearTimeout(late)
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

function slots({ orders }: Present): number[] {
  return Array.from({ length: orders.workers }, (_, slot) => slot)
}

/** Gives up the addresses that only the first one had. */
function release(gone: Present, stays: Present): void {
  for (const [key, bound] of gone.bounds) if (stays.bounds.get(key) !== bound) bound.close()
}

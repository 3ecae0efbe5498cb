import { randomBytes } from 'node:crypto'
import { Modules } from '../config/modules.ts'
import { DEFAULT_TIMEOUTS, type Timeouts } from '../door/settings.ts'
import { type Bound, bind } from '../io/bound.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import type { Report } from '../message/exchange.ts'
import type { Orders } from './messages.ts'
import { certificatesOf, listensAt, type Read, type Reading } from './reading.ts'
import { SIGNS, workersOf } from './worker.ts'
import { type Ending, WorkerProcess } from './worker-process.ts'

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

/** A worker that lived for so long, in milliseconds, is replaced at once; one that did not, after a while. */
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
  readonly #change: <T>(act: () => Promise<T>) => Promise<T>
  #present: Present | undefined
  #generation = 0
  #stopping = false
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
      const started = slots(present).map((slot) => this.#begin(slot, present))
      try {
        await Promise.all(started)
      } catch (error) {
        this.#stopping = true
        await this.#endAll('stop', 0)
        for (const [key, bound] of present.bounds) bound.close(this.#options.inherited?.has(key))
        throw error
      }
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
      const outcomes = await Promise.allSettled(workers.map((worker) => this.#prepare(worker, next, old)))
      const failure = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
      if (failure !== undefined) {
        for (const worker of workers) worker.drop(next.orders.generation)
        release(next, old)
        throw failure.reason
      }
      this.#present = next
      const made = await Promise.allSettled(workers.map((worker) => this.#make(worker, next)))
      release(old, next)
      await this.#fit(next)
      this.#lookAfter(next)
      for (const outcome of made) if (outcome.status === 'rejected') throw outcome.reason
    })
  }

  /** Stops all workers; their exchanges have `timeouts.stop`. Fulfilled when the last one has ended. */
  async close(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    for (const bound of this.bounds.values()) bound.close()
    await this.#endAll('stop', (this.#present?.timeouts.stop ?? 0) + GRACE)
  }

  /** Stops too, but a successor has the addresses, and exchanges have the time that they take. */
  async retire(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    for (const bound of this.bounds.values()) bound.close(true)
    await this.#endAll('retire')
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
    const listen = [...addresses.values()]
    const orders = { generation: ++this.#generation, workers, listen, certificates, ticketKeys: this.#ticketKeys }
    return { orders, bounds, timeouts: { ...DEFAULT_TIMEOUTS, ...reading.config.timeouts } }
  }

  /** Starts a worker and has it serve. */
  async #begin(slot: number, present: Present): Promise<void> {
    const { program, args } = this.#options
    const worker = new WorkerProcess(slot, program, args(present.timeouts.hang))
    this.#workers.set(slot, worker)
    const since = performance.now()
    void worker.ended.then((ending) => this.#ended(worker, ending, performance.now() - since))
    await this.#prepare(worker, present, undefined)
    await this.#make(worker, present)
  }

  #prepare(worker: WorkerProcess, next: Present, old: Present | undefined): Promise<void> {
    for (const [key, bound] of next.bounds) if (old?.bounds.get(key) !== bound) worker.take(key, bound)
    return worker.prepare(next.orders)
  }

  async #make(worker: WorkerProcess, { orders }: Present): Promise<void> {
    this.#urls = await worker.make(orders.generation)
  }

  #ended(worker: WorkerProcess, { code, signal }: Ending, lived: number): void {
    if (this.#workers.get(worker.slot) !== worker) return
    this.#workers.delete(worker.slot)
    if (this.#stopping || worker.generation === 0) return
    this.#options.report('error', 'A worker ended and is replaced.', { worker: worker.slot, code, signal })
    this.#replace(worker.slot, lived > LIVED ? 0 : FIRST_DELAY)
  }

  #replace(slot: number, delay: number): void {
    const begin = async (): Promise<void> => {
      const present = this.#present
      if (this.#stopping || present === undefined || slot >= present.orders.workers || this.#workers.has(slot)) return
      try {
        await this.#begin(slot, present)
      } catch (error) {
        this.#workers.get(slot)?.kill()
        this.#workers.delete(slot)
        const again = Math.min(LONGEST_DELAY, 2 * Math.max(delay, FIRST_DELAY))
        const { message } = error as Error
        this.#options.report('error', `A worker could not be started: ${message}`, { worker: slot, again })
        this.#replace(slot, again)
      }
    }
    setTimeout(() => void this.#change(begin), delay).unref()
  }

  /** As many workers as the config wants now. */
  async #fit(present: Present): Promise<void> {
    for (const worker of this.#workers.values()) {
      if (worker.slot < present.orders.workers) continue
      this.#workers.delete(worker.slot)
      worker.end('retire')
    }
    await Promise.all(slots(present).flatMap((slot) => (this.#workers.has(slot) ? [] : this.#begin(slot, present))))
  }

  /**
   * Looks for signs of life. Looks are counted and not the time: where the machine stood still or the clock was set,
   * both sides missed it.
   */
  #lookAfter({ timeouts }: Present): void {
    clearInterval(this.#watch)
    this.#watch = setInterval(() => {
      for (const worker of this.#workers.values()) {
        if (++worker.quiet <= SIGNS) continue
        this.#options.report('error', 'A worker hangs and is killed: timeouts.hang.', { worker: worker.slot })
        worker.kill()
      }
    }, timeouts.hang / SIGNS)
  }

  async #endAll(how: 'stop' | 'retire', limit?: number): Promise<void> {
    const workers = [...this.#workers.values()]
    for (const worker of workers) worker.end(how)
    const kill = (): void => {
      for (const worker of workers) worker.kill()
    }
    const late = limit === undefined ? undefined : setTimeout(kill, limit)
    await Promise.all(workers.map(({ ended }) => ended))
    clearTimeout(late)
  }
}

function slots({ orders }: Present): number[] {
  return Array.from({ length: orders.workers }, (_, slot) => slot)
}

/** Gives up the addresses that only the first one had. */
function release(gone: Present, stays: Present): void {
  for (const [key, bound] of gone.bounds) if (stays.bounds.get(key) !== bound) bound.close()
}

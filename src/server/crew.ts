import type { ApplicationLoad } from '../gateway/applications.ts'
import type { HandedLines } from '../log/sinks/primary.ts'
import type { Report } from '../message/exchange.ts'
import { SIGNS } from './worker.ts'
import { type Ending, WorkerProcess } from './worker-process.ts'

/** A worker that lived for so long, in milliseconds, is replaced at once; one that did not, after a while that grows. */
const LIVED = 10_000
const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000

export interface CrewOptions {
  /** The program of the workers, and how it is started: with the time after which one is taken for hung. */
  readonly program: URL
  readonly args: (hang: number) => readonly string[]
  readonly report: Report
  /** Has a worker serve by the present config. @throws what it fails with. */
  readonly bring: (worker: WorkerProcess) => Promise<void>
  /** How busy a worker keeps the applications; nothing where it has gone. @param from Its process number. */
  readonly calling: (loads: readonly ApplicationLoad[], from: number) => void
  readonly gone: (from: number) => void
  /** Takes lines of a worker, or says why not. */
  readonly logging: (lines: HandedLines) => string | undefined
  /** Does something when what is being done is done. */
  readonly inTurn: (act: () => Promise<void>) => Promise<void>
}

/** The workers of a primary: as many as it wants, each replaced when it dies or hangs. */
export class Crew {
  readonly #options: CrewOptions
  readonly #workers = new Map<number, WorkerProcess>()
  /** Those that are to end, and have not. */
  readonly #leaving = new Set<WorkerProcess>()
  /** How long was waited before a worker was replaced, by slot, in milliseconds. */
  readonly #delays = new Map<number, number>()
  #wanted = 0
  #hang = 0
  #stopping = false
  #looks: NodeJS.Timeout | undefined

  constructor(options: CrewOptions) {
    this.#options = options
  }

  get workers(): WorkerProcess[] {
    return [...this.#workers.values()]
  }

  /** Those too that are to end, and have not. */
  get all(): WorkerProcess[] {
    return [...this.#workers.values(), ...this.#leaving]
  }

  /** Fulfilled when so many serve. @throws what one of them fails with. */
  async start(wanted: number, hang: number): Promise<void> {
    this.#want(wanted, hang)
    await Promise.all(this.#slots().map((slot) => this.begin(slot)))
  }

  /** From now on so many: those that are too many end when their exchanges have. Fulfilled when the others serve. */
  async fit(wanted: number, hang: number): Promise<void> {
    this.#want(wanted, hang)
    for (const worker of this.#workers.values()) {
      if (worker.slot < wanted) continue
      this.#workers.delete(worker.slot)
      this.#leaving.add(worker)
      worker.end('retire')
    }
    await Promise.all(this.#slots().map((slot) => this.#fill(slot)))
  }

  /** Starts a worker and has it serve. @throws what it fails with; then it is ended. */
  async begin(slot: number, bring: CrewOptions['bring'] = this.#options.bring): Promise<void> {
    const { program, args } = this.#options
    const { calling, gone, logging } = this.#options
    const worker = new WorkerProcess(
      slot,
      program,
      args(this.#hang),
      (loads) => calling(loads, worker.pid ?? -1),
      logging,
    )
    this.#workers.set(slot, worker)
    const since = performance.now()
    const { pid = -1 } = worker
    void worker.ended.then(() => gone(pid))
    void worker.ended.then((ending) => this.#ended(worker, ending, performance.now() - since))
    try {
      await bring(worker)
    } catch (error) {
      if (this.#workers.get(slot) === worker) this.#workers.delete(slot)
      this.#leaving.add(worker)
      worker.kill()
      throw error
    }
  }

  /** Ends all. Fulfilled when the last one has ended. @param limit After so many milliseconds they are killed. */
  async end(how: 'stop' | 'retire', limit?: number): Promise<void> {
    this.#stopping = true
    const workers = [...this.#workers.values(), ...this.#leaving]
    for (const worker of workers) worker.end(how)
    const late = limit === undefined ? undefined : setTimeout(() => this.cut(), limit)
    await Promise.all(workers.map(({ ended }) => ended))
    clearTimeout(late)
    clearInterval(this.#looks)
  }

  /** Ends all at once, with what they do. */
  cut(): void {
    for (const worker of [...this.#workers.values(), ...this.#leaving]) worker.kill()
  }

  #slots(): number[] {
    return Array.from({ length: this.#wanted }, (_, slot) => slot)
  }

  #ended(worker: WorkerProcess, { code, signal }: Ending, lived: number): void {
    this.#leaving.delete(worker)
    if (this.#workers.get(worker.slot) !== worker) return
    this.#workers.delete(worker.slot)
    if (this.#stopping || worker.generation === 0) return
    this.#options.report('error', 'A worker ended and is replaced.', { worker: worker.slot, code, signal })
    if (lived > LIVED) this.#delays.delete(worker.slot)
    this.#fillLater(worker.slot, lived > LIVED ? 0 : this.#delayed(worker.slot))
  }

  /** Twice as long as before. */
  #delayed(slot: number): number {
    const delay = Math.min(LONGEST_DELAY, Math.max(FIRST_DELAY, 2 * (this.#delays.get(slot) ?? 0)))
    this.#delays.set(slot, delay)
    return delay
  }

  #fillLater(slot: number, delay: number): void {
    setTimeout(() => void this.#options.inTurn(() => this.#fill(slot)), delay).unref()
  }

  /** Starts the worker that is missing; again and again, if it must. */
  async #fill(slot: number): Promise<void> {
    if (this.#stopping || slot >= this.#wanted || this.#workers.has(slot)) return
    try {
      await this.begin(slot)
    } catch (error) {
      if (this.#stopping) return
      const again = this.#delayed(slot)
      const { message } = error as Error
      this.#options.report('error', `A worker could not be started: ${message}`, { worker: slot, again })
      this.#fillLater(slot, again)
    }
  }

  /**
   * Looks for signs of life. Looks are counted and not the time: where the machine stood still or the clock was set,
   * both sides missed it.
   */
  #want(wanted: number, hang: number): void {
    this.#wanted = wanted
    this.#hang = hang
    clearInterval(this.#looks)
    this.#looks = setInterval(() => {
      for (const worker of [...this.#workers.values(), ...this.#leaving]) {
        // One that starts has a limit of its own, and cannot tell before it runs.
        if (worker.generation === 0 || ++worker.quiet <= SIGNS) continue
        this.#options.report('error', 'A worker hangs and is killed: timeouts.hang.', { worker: worker.slot })
        worker.kill()
      }
    }, hang / SIGNS)
  }
}

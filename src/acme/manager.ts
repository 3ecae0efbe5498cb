import type { Certificate } from '../io/certificate.ts'
import type { Report } from '../message/exchange.ts'
import type { Authority } from './authority.ts'
import { type Facts, factsOf } from './bundle.ts'
import type { Clock } from './clock.ts'
import { LONGEST_SLEEP, pauseAfter, renewalTime } from './schedule.ts'
import type { Store } from './store.ts'

export interface ManagerOptions {
  readonly names: readonly string[]
  readonly store: Store
  readonly authority: Authority
  readonly clock: Clock
  readonly report: Report
  /** Called with all certificates that are there when one has come, or another one in its place. */
  readonly renewed: (certificates: readonly Certificate[]) => void | Promise<void>
}

/** Milliseconds for one order, all of it. */
const ORDER_TIMEOUT = 300_000

interface Task {
  readonly name: string
  /** When something is to be done next, in milliseconds since 1970. */
  due: number
  /** The key and certificate that are served. */
  bundle: string | undefined
  /** When that ends; 0 where there is none. */
  until: number
  failures: number
  /** What was issued and could not be stored: ordered again, it would count against the limits of the authority. */
  unstored: string | undefined
}

/**
 * Keeps a certificate for every name: orders those that are missing, renews the others in time, one after the other.
 * One process runs it. Serving never waits for it: whatever fails, the site goes on with what it has.
 */
export class Manager {
  readonly #options: ManagerOptions
  readonly #stopped = new AbortController()
  #tasks: Task[] = []

  constructor(options: ManagerOptions) {
    this.#options = options
  }

  /**
   * Looks at what is stored. @returns The certificates that are there, be they old. @throws the system's error where the
   * folder cannot be used.
   */
  async open(): Promise<readonly Certificate[]> {
    await this.#options.store.open()
    this.#tasks = await Promise.all(this.#options.names.map((name) => this.#look(name)))
    return this.#served()
  }

  /** Goes on until it is stopped. Never throws. */
  async run(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const [first, ...others] = this.#tasks
      if (first === undefined) return
      const next = others.reduce((early, task) => (task.due < early.due ? task : early), first)
      const left = next.due - clock.now()
      if (left > 0) await clock.wait(Math.min(left, LONGEST_SLEEP), signal)
      else await this.#try(next)
    }
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #look(name: string): Promise<Task> {
    const { store, clock, report } = this.#options
    const task = { name, due: 0, bundle: undefined, until: 0, failures: 0, unstored: undefined }
    try {
      const bundle = await store.read(name)
      if (bundle === undefined) return task
      const facts = factsOf(bundle, name)
      return { ...task, bundle, until: facts.until, due: renewalTime(facts, clock.random()) }
    } catch (error) {
      report('warn', 'A stored certificate cannot be used; a new one is ordered.', {
        file: store.path(name),
        reason: (error as Error).message,
      })
      return task
    }
  }

  async #try(task: Task): Promise<void> {
    const { store, authority, clock, report } = this.#options
    const { name } = task
    try {
      const deadline = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(ORDER_TIMEOUT)])
      task.unstored ??= await authority.issue(name, deadline)
      const bundle = task.unstored
      const facts = orForget(task, () => factsOf(bundle, name))
      if (this.#stopped.signal.aborted) return
      await store.write(name, bundle)
      Object.assign(task, { bundle, until: facts.until, unstored: undefined })
      await this.#options.renewed(this.#served())
      this.#plan(task, facts)
      report('info', 'A certificate was issued.', { name, until: date(facts.until), renewal: date(task.due) })
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      task.failures++
      task.due = clock.now() + pauseAfter(task.failures, clock.random())
      this.#tell(task, error)
    }
  }

  /** A new certificate that is due already, as where a clock is wrong, must not be ordered again and again. */
  #plan(task: Task, facts: Facts): void {
    const { clock, report } = this.#options
    const due = renewalTime(facts, clock.random())
    task.failures = due > clock.now() ? 0 : task.failures + 1
    task.due = task.failures === 0 ? due : clock.now() + pauseAfter(task.failures, clock.random())
    if (task.failures > 0) {
      report('warn', 'A new certificate is near its end already: look whether the clock is right.', { name: task.name })
    }
  }

  #tell({ name, until, failures, due }: Task, error: unknown): void {
    const valid = until > this.#options.clock.now()
    const event = valid
      ? 'A certificate could not be renewed; the one that is there is served on.'
      : 'No certificate could be had: clients cannot connect to this name by TLS, or will not trust it.'
    const reason = error instanceof Error ? error.message : String(error)
    const next = date(due)
    const fields = { name, reason, failures, next, ...(until > 0 && { until: date(until) }) }
    this.#options.report(valid ? 'warn' : 'error', event, fields)
  }

  #served(): readonly Certificate[] {
    return this.#tasks.flatMap(({ name, bundle }) => {
      const path = this.#options.store.path(name)
      return bundle === undefined ? [] : [{ cert: bundle, key: bundle, names: [name], from: { cert: path, key: path } }]
    })
  }
}

/** What is issued and no good is not to be stored the next time either. */
function orForget<T>(task: Task, look: () => T): T {
  try {
    return look()
  } catch (cause) {
    task.unstored = undefined
    throw new Error(`the authority gave a certificate that cannot be used: ${(cause as Error).message}`, { cause })
  }
}

function date(time: number): string {
  return new Date(time).toISOString().slice(0, 19)
}

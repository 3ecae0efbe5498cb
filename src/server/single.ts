import { buildConfig } from '../config/build.ts'
import { Modules } from '../config/modules.ts'
import type { Bound } from '../io/bound.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import type { Report } from '../message/exchange.ts'
import type { ApplicationStatus } from '../process/specification.ts'
import { localApplications } from './applications.ts'
import type { Read, Reading } from './reading.ts'
import { Running } from './running.ts'

/** A config that is served by this process alone, and can be read again. The same for its owner as a `Primary`. */
export class Single {
  readonly #running: Running
  readonly #read: Read
  readonly #inherited: ReadonlyMap<string, Bound>
  readonly #inTurn = oneAtATime((act: () => Promise<void>) => act())
  #stopping = false

  constructor(read: Read, report: Report, inherited: ReadonlyMap<string, Bound> = new Map()) {
    this.#running = new Running(localApplications(report))
    this.#read = read
    this.#inherited = inherited
  }

  get urls(): readonly string[] {
    return this.#running.urls
  }

  get bounds(): ReadonlyMap<string, Bound> {
    return this.#running.bounds
  }

  applications(): Promise<readonly ApplicationStatus[]> {
    return this.#running.applications()
  }

  get workers(): number[] {
    return []
  }

  /** @throws what is wrong with the config, or the system's error; then nothing listens. */
  async start(reading: Reading): Promise<void> {
    try {
      await this.#inTurn(() => this.#become(reading, this.#inherited))
    } catch (error) {
      // The names of Unix sockets stay with the predecessor that has them.
      await (this.#inherited.size > 0 ? this.#running.retire() : this.#running.close())
      throw error
    }
    const taken = this.bounds
    for (const [key, bound] of this.#inherited) if (!taken.has(key)) bound.close()
  }

  /** Serves by the config as it is now. @throws what is wrong with it; then all goes on as it was. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#stopping) throw new Error('the server is stopping')
      await this.#become(await this.#read(new Modules(true)))
    })
  }

  close(): Promise<void> {
    this.#stopping = true
    return this.#running.close()
  }

  retire(): Promise<void> {
    this.#stopping = true
    return this.#running.retire()
  }

  /** There is nobody to end beside this process. */
  cut(): void {}

  async #become({ config, build }: Reading, bounds?: ReadonlyMap<string, Bound>): Promise<void> {
    const built = await buildConfig(config, build)
    const change = await this.#running.prepare(built, { ...(bounds !== undefined && { bounds }) })
    await change.make()
  }
}

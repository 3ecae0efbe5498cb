import { buildConfig } from '../config/build.ts'
import { Modules } from '../config/modules.ts'
import type { Bound } from '../io/bound.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import type { Read, Reading } from './reading.ts'
import { Running } from './running.ts'

/** A config that is served by this process alone, and can be read again. The same for its owner as a `Primary`. */
export class Single {
  readonly #running = new Running()
  readonly #read: Read
  readonly #inherited: ReadonlyMap<string, Bound>
  readonly #become = oneAtATime(async (reading: Reading): Promise<void> => {
    if (this.#stopping) throw new Error('the server is stopping')
    const built = await buildConfig(reading.config, reading.build)
    const change = await this.#running.prepare(built, { bounds: this.#inherited })
    await change.make()
  })
  #stopping = false

  constructor(read: Read, inherited: ReadonlyMap<string, Bound> = new Map()) {
    this.#read = read
    this.#inherited = inherited
  }

  get urls(): readonly string[] {
    return this.#running.urls
  }

  get bounds(): ReadonlyMap<string, Bound> {
    return this.#running.bounds
  }

  get workers(): number[] {
    return []
  }

  /** @throws what is wrong with the config, or the system's error; then nothing listens. */
  async start(reading: Reading): Promise<void> {
    try {
      await this.#become(reading)
    } catch (error) {
      await this.#running.close()
      throw error
    }
  }

  /** Serves by the config as it is now. @throws what is wrong with it; then all goes on as it was. */
  async reload(): Promise<void> {
    await this.#become(await this.#read(new Modules(true)))
  }

  close(): Promise<void> {
    this.#stopping = true
    return this.#running.close()
  }

  retire(): Promise<void> {
    this.#stopping = true
    return this.#running.retire()
  }
}

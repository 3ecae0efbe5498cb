import type { Loads } from './loads.ts'
import type { ApplicationSpec } from './specification.ts'

/** How many processes an application needs, from looks that are made at regular times. */
export class Scaling {
  readonly #spec: ApplicationSpec
  /** Looks in a row at which requests waited. */
  #waited = 0
  /** The most requests that ran at once, since when fewer processes might do. */
  #most = 0
  #since: number = performance.now()

  constructor(spec: ApplicationSpec) {
    this.#spec = spec
  }

  /** @param starting Whether more are on their way, or cannot be started. Returns 1 for one more, -1 for one less. */
  look(serving: number, loads: Pick<Loads, 'waiting' | 'running'>, starting: boolean): -1 | 0 | 1 {
    const { processes, connections, ahead = 0, timeouts } = this.#spec
    // Those that a process was given ahead wait too, at its door.
    const waiting = loads.waiting + (ahead > 0 ? Math.max(0, loads.running() - serving * connections) : 0)
    this.#waited = waiting > 0 ? this.#waited + 1 : 0
    this.#most = Math.max(this.#most, loads.running() + loads.waiting)
    const needed = serving <= processes.min || this.#most > (serving - 1) * connections
    if (needed || starting) this.#begin(loads.running() + loads.waiting)
    if (this.#waited >= 2 && serving < processes.max && !starting) {
      this.#waited = 0
      return 1
    }
    if (needed || starting || performance.now() - this.#since < timeouts.idle) return 0
    this.#begin(loads.running())
    return -1
  }

  #begin(running: number): void {
    this.#most = running
    this.#since = performance.now()
  }
}

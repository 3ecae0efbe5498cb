import type { ApplicationLoad } from './specification.ts'

interface Waiting {
  readonly id: number
  readonly version: number
  readonly over: () => void
}

/** How busy an application is, by what each worker told last. */
export class Loads {
  readonly #last = new Map<number, ApplicationLoad>()
  readonly #quiet = new Set<Waiting>()

  heard(load: ApplicationLoad, from: number): void {
    this.#last.set(from, load)
    this.#look()
  }

  forget(from: number): void {
    this.#last.delete(from)
    this.#look()
  }

  /** Requests that wait for a process. */
  get waiting(): number {
    return this.#sum(({ waiting }) => waiting)
  }

  /** Requests that run, in one process or in all. */
  running(id?: number): number {
    return this.#sum(({ processes }) =>
      processes.reduce((sum, one) => sum + (id === undefined || one.id === id ? one.running : 0), 0),
    )
  }

  /**
   * Fulfilled when nothing runs in a process, and no worker sends anything there any more: each has told that it knows of
   * the state of this version. Also when it has ended, or after so many milliseconds.
   */
  quiet(
    { id, exited }: { readonly id: number; readonly exited: Promise<unknown> },
    version: number,
    limit: number,
  ): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        clearTimeout(late)
        this.#quiet.delete(waiting)
        resolve()
      }
      const waiting: Waiting = { id, version, over }
      const late = setTimeout(over, limit)
      this.#quiet.add(waiting)
      void exited.then(over)
      this.#look()
    })
  }

  #look(): void {
    for (const { id, version, over } of this.#quiet) {
      const known = [...this.#last.values()].every((load) => load.version >= version)
      if (known && this.running(id) === 0) over()
    }
  }

  #sum(of: (load: ApplicationLoad) => number): number {
    let sum = 0
    for (const load of this.#last.values()) sum += of(load)
    return sum
  }
}

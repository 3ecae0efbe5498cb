import { Children } from './children.ts'
import type { SpawnEvents, Spawned, Spawner, SpawnOptions } from './contract.ts'
import { SpawnFailed } from './failed.ts'
import { Attributes, Launch } from './launch.ts'
import type { Libc } from './libc.ts'
import { NativeProcess } from './native-process.ts'

/**
 * Starts aside run on Node's pool of four threads, which reads files too: one that hangs (a program on a network that is
 * gone) may not take them all.
 */
const ASIDE = 3

interface Waiting {
  readonly options: SpawnOptions
  readonly events: SpawnEvents
  readonly resolve: (spawned: Spawned) => void
  readonly reject: (error: unknown) => void
}

/**
 * Starts programs by posix_spawn(3), which shares the memory with the program until that begins, where fork(2), as
 * libuv does it, copies the tables of all memory first: 18 to 50 times slower in a large process.
 */
export class NativeSpawner implements Spawner {
  #libc: Libc
  #attributes: Attributes
  #children: Children
  #free: Launch[] = []
  #waiting: Waiting[] = []
  #aside = 0

  private constructor(libc: Libc) {
    this.#libc = libc
    this.#attributes = new Attributes(libc)
    this.#children = new Children(libc)
  }

  /** Tries the library out; throws where it does not behave as known. */
  static async open(libc: Libc): Promise<NativeSpawner> {
    const spawner = new NativeSpawner(libc)
    await spawner.#tryOut()
    return spawner
  }

  spawn(options: SpawnOptions, events: SpawnEvents): Promise<Spawned> | Spawned {
    if (this.#libc.spawnAside === undefined) return this.#spawnHere(options, events)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ options, events, resolve, reject })
      if (this.#aside < ASIDE) this.#next()
    })
  }

  #spawnHere(options: SpawnOptions, events: SpawnEvents): Spawned {
    const launch = this.#free.pop() ?? new Launch(this.#libc, this.#attributes)
    try {
      launch.prepare(options)
      launch.finish(this.#libc.posix_spawn(...launch.spawnArguments), options)
      return new NativeProcess(this.#libc, launch, events, this.#children)
    } finally {
      this.#free.push(launch)
    }
  }

  #next(): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    const launch = this.#free.pop() ?? new Launch(this.#libc, this.#attributes)
    try {
      launch.prepare(waiting.options)
    } catch (error) {
      waiting.reject(error)
      this.#free.push(launch)
      this.#next()
      return
    }
    this.#aside++
    this.#children.startBegins()
    const endings = this.#children.endings
    this.#libc.spawnAside?.(launch.spawnArguments, (error, result) => {
      this.#aside--
      this.#started(waiting, launch, error === null || error === undefined ? result : -1, endings)
      this.#free.push(launch)
      this.#next()
      this.#children.startEnds()
    })
  }

  #started({ options, events, resolve, reject }: Waiting, launch: Launch, result: number, endings: number): void {
    try {
      launch.finish(result, options)
    } catch (error) {
      reject(error)
      return
    }
    const child = new NativeProcess(this.#libc, launch, events, this.#children)
    resolve(child)
    // It may have ended before it was known here. The caller gets it first.
    if (this.#children.endings !== endings) setImmediate(() => child.childEnded())
  }

  async #tryOut(): Promise<void> {
    const options: SpawnOptions = { file: '/dev/null/absent', args: ['absent'], env: ['A=b'], stdin: 'null' }
    try {
      await this.spawn(options, NOBODY)
    } catch (error) {
      if (error instanceof SpawnFailed && error.code === 'ENOTDIR') return
      throw error
    }
    throw new Error('posix_spawn does not tell errors here')
  }
}

const NOBODY: SpawnEvents = {
  output() {},
  errorOutput() {},
  outputEnded() {},
  inputDrained() {},
  inputClosed() {},
  exited() {},
}

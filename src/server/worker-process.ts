import { type ChildProcess, fork, type SendHandle, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { ConfigError } from '../config/config.ts'
import type { ApplicationLoad, ApplicationPlaces } from '../gateway/applications.ts'
import type { Bound } from '../io/bound.ts'
import type { HandedLines } from '../log/sinks/primary.ts'
import { messageOf } from './heard.ts'
import type { FromWorker, Orders, ToWorker } from './messages.ts'
import { HandedPermits } from './permits.ts'

/** How a worker ended, for people. */
export type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

interface Waiting {
  readonly generation: number
  resolve(message: FromWorker): void
  reject(error: Error): void
}

/** How long a worker may take to load a config, in milliseconds: a module may wait for what never comes. */
const PATIENCE = 60_000

/** One engine process, as its primary sees it. */
export class WorkerProcess {
  readonly slot: number
  /** The config by which it serves; 0 before the first. */
  generation = 0
  /** Looks in a row at which it had given no sign of life. */
  quiet = 0
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #calling: (loads: readonly ApplicationLoad[]) => void
  readonly #logging: (lines: HandedLines) => string | undefined
  #waiting: Waiting[] = []
  #over = false
  readonly #permits = new HandedPermits(
    (message) => this.#tell(message),
    () => this.pid,
  )

  /**
   * @param args What its program is told on its command line. @param calling Told how busy it keeps applications.
   * @param logging Takes its lines, or says why not.
   */
  constructor(
    slot: number,
    program: URL,
    args: readonly string[],
    calling: (loads: readonly ApplicationLoad[]) => void,
    logging: (lines: HandedLines) => string | undefined,
  ) {
    this.slot = slot
    this.#logging = logging
    this.#calling = calling
    this.#child = fork(program, args, { serialization: 'json' })
    this.#child.on('message', (message) => this.#heard(messageOf(message)))
    // A send to a worker that has just died fails; that it died is told by `exit`.
    this.#child.on('error', () => undefined)
    this.ended = once(this.#child, 'exit').then((given) => {
      const [code, signal] = given as [number | null, NodeJS.Signals | null]
      this.#over = true
      this.#permits.giveAll()
      for (const { reject } of this.#waiting.splice(0)) reject(new WorkerEnded(code, signal))
      return { code, signal }
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Gives it the socket of an address, to accept on beside others. */
  take(key: string, { address, handle }: Bound): void {
    this.#tell({ do: 'take', key, address }, handle)
  }

  /** Fulfilled when it could serve by these orders. @throws what it says why it could not; WorkerEnded. */
  async prepare(orders: Orders): Promise<void> {
    this.#tell({ do: 'prepare', orders })
    await this.#answer(orders.generation)
  }

  /** Fulfilled with its addresses when it serves by them. @throws as `prepare` does. */
  async make(generation: number): Promise<readonly string[]> {
    this.#tell({ do: 'make', generation })
    const message = await this.#answer(generation)
    this.generation = generation
    return message.is === 'made' ? message.urls : []
  }

  /** Fulfilled when it has done so. @throws as `prepare` does. */
  async tell(message: Extract<ToWorker, { readonly do: 'challenge' | 'renew' }>): Promise<void> {
    this.#tell(message)
    await this.#answer(message.generation)
  }

  drop(generation: number): void {
    this.#tell({ do: 'drop', generation })
  }

  /** Which processes answer, of all applications. */
  found(places: readonly ApplicationPlaces[]): void {
    this.#tell({ do: 'applications', places })
  }

  end(how: 'stop' | 'retire'): void {
    this.#tell({ do: how })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
    this.#permits.giveAll()
  }

  async #answer(generation: number): Promise<FromWorker> {
    if (this.#over) throw new WorkerEnded(this.#child.exitCode, this.#child.signalCode)
    let late: NodeJS.Timeout | undefined
    try {
      return await new Promise<FromWorker>((resolve, reject) => {
        this.#waiting.push({ generation, resolve, reject })
        late = setTimeout(() => reject(new Error(`a worker was not ready after ${PATIENCE / 1000} seconds`)), PATIENCE)
      })
    } finally {
      clearTimeout(late)
      this.#waiting = this.#waiting.filter((one) => one.generation !== generation)
    }
  }

  #heard(message: FromWorker | undefined): void {
    if (message === undefined) return
    this.quiet = 0
    if (message.is === 'alive') return
    if (message.is === 'calling') return this.#calling(message.loads)
    if (message.is === 'lines') {
      const why = this.#logging(message.lines)
      return this.#tell({ do: 'logged', id: message.lines.id, ...(why !== undefined && { why }) })
    }
    if (message.is === 'asking' || message.is === 'running' || message.is === 'giving')
      return this.#permits.heard(message)
    const found = this.#waiting.find((one) => one.generation === message.generation)
    if (message.is !== 'failed') return found?.resolve(message)
    found?.reject(message.misused ? new ConfigError(message.message) : new Error(message.message))
  }

  #tell(message: ToWorker, handle?: object): void {
    if (!this.#child.connected) return
    this.#child.send(message as Serializable, handle as SendHandle, () => undefined)
  }
}

/** Thrown where a worker ended while something was asked of it. */
export class WorkerEnded extends Error {
  override readonly name: string = 'WorkerEnded'

  constructor(code: number | null, signal: NodeJS.Signals | null) {
    super(`a worker ended with ${signal === null ? `exit code ${code}` : signal} before it served`)
  }
}

import { constants } from 'node:os'
import { resolve } from 'node:path'
import { evaluatedFiles } from '../config/modules.ts'
import type { Bound } from '../io/bound.ts'
import { READY, reloading, STOPPING, WATCHDOG } from '../io/notify.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import { reopenSinks } from '../log/sinks/open.ts'
import type { Report } from '../message/exchange.ts'
import type { ApplicationStatus } from '../process/specification.ts'
import { type Command, type Control, controlPath, hear, type Outcome } from '../server/control.ts'
import { PartlyMade } from '../server/partly-made.ts'
import type { ServiceManager } from '../server/service-manager.ts'
import { startSuccessor } from '../server/successor.ts'
import type { Watch } from '../server/watch.ts'
import { type Hangups, hasTerminal } from './hangups.ts'
import { sentenceFor } from './sentences.ts'
import type { Status } from './status.ts'

/** What serves: this process alone, or a primary with its workers. */
export interface Server {
  readonly urls: readonly string[]
  readonly bounds: ReadonlyMap<string, Bound>
  /** The process numbers of the workers, where there are some. */
  readonly workers: readonly number[]
  applications(): Promise<readonly ApplicationStatus[]>
  reload(): Promise<void>
  close(): Promise<void>
  retire(): Promise<void>
  /** Ends at once what it has started. */
  cut(): void
}

export interface Life {
  /** What is served, for people. */
  readonly what: string
  /** The config, where there is one: its owner can then send commands. */
  readonly config: string | undefined
  readonly report: Report
  readonly say: (sentence: string) => void
  /** Whether a change of the code is a wish to reload. */
  readonly watch: boolean
  readonly manager: ServiceManager
  /** Whether a predecessor still hears commands for the same config. */
  readonly over: boolean
  readonly hangups: Hangups
  /** Called when a reload has been made, or not. */
  reloaded(well: boolean): void
  /** Called when all that the owner can ask will be heard. */
  ready(): void
}

const GOES_ON = 'The server goes on as it was.'
const FIRST_PROCESS = 'the server is the first process of a container, which would end with it: start another container'

/**
 * Waits for the end of a server, and does on the way what its owner asks: SIGHUP and `oriel reload` read the config
 * again, `oriel serve --replace` hands over, SIGTERM and SIGINT stop it; a second one ends at once.
 */
export function untilStopped(server: Server, life: Life): Promise<void> {
  return new Lifecycle(server, life).run()
}

class Lifecycle {
  readonly #server: Server
  readonly #life: Life
  readonly #stopped = new AbortController()
  #state: 'serving' | 'retiring' | 'stopping' = 'serving'
  #control: Control | undefined
  /** Whether a reload has been asked for and has not begun. */
  #waiting = false
  #end: () => void = () => undefined
  #fail: (error: unknown) => void = () => undefined

  constructor(server: Server, life: Life) {
    this.#server = server
    this.#life = life
  }

  async run(): Promise<void> {
    const { manager, hangups, over, watch, config } = this.#life
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#stop(constants.signals[signal]))
    process.on('SIGHUP', () => this.#hangUp())
    process.on('SIGUSR1', reopenSinks)
    this.#control = await heard(this.#life, (command) => {
      if (command.do === 'status') return this.#status()
      // As SIGHUP does, be the new config good or not.
      if (command.do === 'reload') reopenSinks()
      return this.#act(command)
    })
    if (this.#state === 'stopping') this.#control?.close()
    this.#life.ready()
    void manager.notify(over ? { ...READY, MAINPID: process.pid } : READY)
    const well = manager.watchdog && setInterval(() => void manager.notify(WATCHDOG), manager.watchdog)
    if (hangups.seen) this.#hangUp()
    const watching = watch && config !== undefined ? await watched(config, () => this.#reloadSoon()) : undefined
    await ended
    clearInterval(well)
    await watching?.close()
  }

  /** @param number That of the signal, which a second one has as its exit code. */
  #stop(number: number): void {
    if (this.#state === 'stopping') {
      this.#server.cut()
      process.exit(128 + number)
    }
    this.#state = 'stopping'
    this.#stopped.abort()
    this.#control?.close()
    void this.#life.manager.notify(STOPPING)
    this.#server.close().then(this.#end, this.#fail)
  }

  #hangUp(): void {
    // It also says that the terminal was closed: whoever served from there wants it to end.
    if (this.#life.hangups.hadTerminal && !hasTerminal()) this.#stop(constants.signals.SIGHUP)
    else {
      reopenSinks()
      if (this.#state === 'serving') this.#reloadSoon()
    }
  }

  /** What waits will read what is there when its turn comes: one is enough for all wishes till then. */
  #reloadSoon(): void {
    if (this.#waiting) return
    this.#waiting = true
    this.#act({ do: 'reload' }).catch(() => undefined)
  }

  /** At once, whatever else is being done. */
  async #status(): Promise<Outcome> {
    const { urls, workers } = this.#server
    const status: Status = {
      process: process.pid,
      state: this.#state,
      since: Math.round(performance.timeOrigin),
      urls,
      workers,
      applications: await this.#server.applications(),
    }
    return { ok: true, told: JSON.stringify(status) }
  }

  /** One after the other: what a reload gives up must not be what a successor gets. @throws what it fails with. */
  readonly #act = oneAtATime(async (command: Exclude<Command, { do: 'status' }>): Promise<Outcome> => {
    if (command.do === 'reload') this.#waiting = false
    if (this.#state === 'stopping') return { ok: false, told: 'the server is stopping' }
    if (this.#state === 'retiring') {
      return { ok: false, told: 'the server has just handed over to another one: ask again' }
    }
    if (command.do === 'reload') {
      const told = await reload(this.#server, this.#life, this.#stopped.signal)
      this.#life.say(told)
      return { ok: true, told }
    }
    if (process.pid === 1) return { ok: false, told: FIRST_PROCESS }
    const { environment } = this.#life.manager
    const started = startSuccessor(this.#server.bounds, { ...command, environment }, this.#stopped.signal)
    const told = await started.catch(({ message }: Error) => Promise.reject(new Error(`${message}\n${GOES_ON}`)))
    this.#state = 'retiring'
    this.#control?.close()
    this.#life.say(`Oriel ${process.pid} has handed over, and ends with its last exchange.`)
    this.#server.retire().then(this.#end, this.#fail)
    return { ok: true, told }
  })
}

/** Reloads at each change of the code. The watcher is loaded by those who want it. */
async function watched(config: string, reloadSoon: () => void): Promise<Watch> {
  const { watchCode } = await import('../server/watch.ts')
  const watch = watchCode(resolve(config), () => {
    watch.add(evaluatedFiles())
    reloadSoon()
  })
  watch.add(evaluatedFiles())
  return watch
}

/** @throws what is wrong with the config, after it was reported. */
async function reload(
  server: Server,
  { what, report, manager, reloaded }: Life,
  stopped: AbortSignal,
): Promise<string> {
  const since = performance.now()
  void manager.notify(reloading())
  try {
    await server.reload().then(
      () => reloaded(true),
      (error) => {
        reloaded(error instanceof PartlyMade)
        throw error
      },
    )
    const told = `Reloaded ${what} in ${Math.round(performance.now() - since)} ms. Oriel serves it at ${server.urls.join(' and ')}`
    const applications = await server.applications()
    return applications.length === 0 ? told : `${told}; its applications are replaced now: see "oriel status"`
  } catch (cause) {
    const message = sentenceFor(cause instanceof PartlyMade ? cause.cause : cause)
    if (stopped.aborted) throw new Error('the server is stopping', { cause })
    if (cause instanceof PartlyMade) {
      report('error', `The new config is served, but not all of it: ${message}`)
      throw new Error(`the new config is served, but not all of it: ${message}`, { cause })
    }
    report('error', `The reload failed, and the server goes on as it was: ${message}`)
    throw new Error(`${message}\n${GOES_ON}`, { cause })
  } finally {
    if (!stopped.aborted) void manager.notify(READY)
  }
}

/** Hears the owner, where that is possible: a server whose folders are all read-only can still be told by SIGHUP. */
async function heard(
  { config, over, report }: Life,
  act: (command: Command) => Promise<Outcome>,
): Promise<Control | undefined> {
  if (config === undefined) return undefined
  try {
    const path = controlPath(config)
    return path === undefined ? undefined : await hear(path, over, (command) => act(command))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const told =
      code === 'EADDRINUSE'
        ? 'Another server of this config runs: "oriel reload" and "--replace" reach that one; this one hears signals.'
        : `Commands such as "oriel reload" will not be heard; signals are: ${message}`
    report('warn', told)
    return undefined
  }
}

import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { evaluatedFiles } from '../config/modules.ts'
import type { Bound } from '../io/bound.ts'
import { READY, reloading, STOPPING, WATCHDOG } from '../io/notify.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import type { Report } from '../message/exchange.ts'
import { type Command, type Control, controlPath, hear, type Outcome } from '../server/control.ts'
import { PartlyMade } from '../server/partly-made.ts'
import type { ServiceManager } from '../server/service-manager.ts'
import { startSuccessor } from '../server/successor.ts'
import type { Watch } from '../server/watch.ts'
import { sentenceFor } from './sentences.ts'

/** What serves: this process alone, or a primary with its workers. */
export interface Server {
  readonly urls: readonly string[]
  readonly bounds: ReadonlyMap<string, Bound>
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
  /** Called when all that the owner can ask will be heard. */
  ready(): void
}

/** What is known of SIGHUP before there is anything to reload. */
export interface Hangups {
  readonly hadTerminal: boolean
  readonly seen: boolean
}

const FIRST_PROCESS = 'the server is the first process of a container, which would end with it: start another container'

/** A SIGHUP that came while the server starts would end it: it is noted, and heeded when all runs. */
export function noteHangups(): Hangups {
  const hangups = { hadTerminal: hasTerminal(), seen: false }
  process.once('SIGHUP', () => {
    hangups.seen = true
  })
  return hangups
}

/**
 * Waits for the end of a server, and does on the way what its owner asks: SIGHUP and `oriel reload` read the config
 * again, `oriel serve --replace` hands over, SIGTERM and SIGINT stop it; a second one ends at once.
 */
export async function untilStopped(server: Server, life: Life): Promise<void> {
  let end: () => void = () => undefined
  let fail: (error: unknown) => void = () => undefined
  const ended = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  let state = 'serving' as 'serving' | 'retiring' | 'stopping'
  let control: Control | undefined
  const given = new AbortController()
  const stop = (_signal: NodeJS.Signals, number: number): void => {
    if (state === 'stopping') {
      server.cut()
      process.exit(128 + number)
    }
    state = 'stopping'
    given.abort()
    control?.close()
    void life.manager.notify(STOPPING)
    server.close().then(end, fail)
  }
  const reloaded = async (): Promise<string> => {
    const told = await reload(server, life, () => state === 'stopping')
    life.say(told)
    return told
  }
  // One after the other: what a reload gives up must not be what a successor gets.
  const act = oneAtATime(async (command: Command, begun: () => void = () => undefined): Promise<Outcome> => {
    begun()
    if (state === 'stopping') return { ok: false, told: 'the server is stopping' }
    if (state === 'retiring') return { ok: false, told: 'the server has just handed over to another one: ask again' }
    if (command.do === 'reload') return { ok: true, told: await reloaded() }
    if (process.pid === 1) return { ok: false, told: FIRST_PROCESS }
    const { environment } = life.manager
    const told = await startSuccessor(server.bounds, { ...command, environment }, given.signal)
    state = 'retiring'
    control?.close()
    life.say(`Oriel ${process.pid} has handed over, and ends with its last exchange.`)
    server.retire().then(end, fail)
    return { ok: true, told }
  })
  let waiting = false
  const reloadSoon = (): void => {
    // What waits will read what is there when its turn comes: one is enough for all signals till then.
    if (waiting) return
    waiting = true
    const turn = act({ do: 'reload' }, () => {
      waiting = false
    })
    turn.catch(() => undefined)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const hangUp = (): void => {
    // It also says that the terminal was closed: whoever served from there wants it to end.
    if (life.hangups.hadTerminal && !hasTerminal()) stop('SIGHUP', constants.signals.SIGHUP)
    else if (state === 'serving') reloadSoon()
  }
  process.on('SIGHUP', hangUp)
  control = await heard(life, act)
  if (state === 'stopping') control?.close()
  life.ready()
  void life.manager.notify(life.over ? { ...READY, MAINPID: process.pid } : READY)
  const interval = life.manager.watchdog
  const well = interval === undefined ? undefined : setInterval(() => void life.manager.notify(WATCHDOG), interval)
  if (life.hangups.seen) hangUp()
  const watching = life.watch && life.config !== undefined ? await watched(life.config, reloadSoon) : undefined
  await ended
  clearInterval(well)
  await watching?.close()
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
async function reload(server: Server, { what, report, manager }: Life, stopping: () => boolean): Promise<string> {
  const since = performance.now()
  void manager.notify(reloading())
  try {
    await server.reload()
    return `Reloaded ${what} in ${Math.round(performance.now() - since)} ms. Oriel serves it at ${server.urls.join(' and ')}`
  } catch (cause) {
    const message = sentenceFor(cause instanceof PartlyMade ? cause.cause : cause)
    if (stopping()) throw new Error('the server is stopping', { cause })
    if (cause instanceof PartlyMade) {
      report('error', `The new config is served, but not all of it: ${message}`)
      throw new Error(`the new config is served, but not all of it: ${message}`, { cause })
    }
    report('error', `The reload failed, and the server goes on as it was: ${message}`)
    throw new Error(`${message}\nThe server goes on as it was.`, { cause })
  } finally {
    if (!stopping()) void manager.notify(READY)
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

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

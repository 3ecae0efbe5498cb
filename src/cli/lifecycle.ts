import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { evaluatedFiles } from '../config/modules.ts'
import type { Bound } from '../io/bound.ts'
import { READY, reloading, STOPPING, WATCHDOG } from '../io/notify.ts'
import type { Report } from '../message/exchange.ts'
import { type Command, type Control, controlPath, hear, type Outcome } from '../server/control.ts'
import type { ServiceManager } from '../server/service-manager.ts'
import { startSuccessor } from '../server/successor.ts'
import type { Watch } from '../server/watch.ts'

/** What serves: this process alone, or a primary with its workers. */
export interface Server {
  readonly urls: readonly string[]
  readonly bounds: ReadonlyMap<string, Bound>
  reload(): Promise<void>
  close(): Promise<void>
  retire(): Promise<void>
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
  let stopping = false
  let retiring = false
  const stop = (_signal: NodeJS.Signals, number: number): void => {
    if (stopping) process.exit(128 + number)
    stopping = true
    control?.close()
    void life.manager.notify(STOPPING)
    server.close().then(end, fail)
  }
  const act = async (command: Command): Promise<Outcome> => {
    if (stopping || retiring) return { ok: false, told: 'the server is stopping' }
    if (command.do === 'reload') {
      const told = await reload(server, life)
      life.say(told)
      return { ok: true, told }
    }
    if (process.pid === 1) {
      return {
        ok: false,
        told: 'the server is the first process of a container, which would end with it: start another container',
      }
    }
    const told = await startSuccessor(server.bounds, command.program, command.folder, life.manager.environment)
    retiring = true
    control?.close()
    life.say(`Oriel ${process.pid} has handed over, and ends with its last exchange.`)
    server.retire().then(end, fail)
    return { ok: true, told }
  }
  const hadTerminal = hasTerminal()
  const control = await heard(life, act)
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', (signal: NodeJS.Signals, number: number) => {
    // It also says that the terminal was closed: whoever served from there wants it to end.
    if (hadTerminal && !hasTerminal()) return stop(signal, number)
    if (stopping || retiring) return
    reload(server, life).then(life.say, () => undefined)
  })
  void life.manager.notify(life.over ? { ...READY, MAINPID: process.pid } : READY)
  const interval = life.manager.watchdog
  const well = interval === undefined ? undefined : setInterval(() => void life.manager.notify(WATCHDOG), interval)
  const watching = life.watch && life.config !== undefined ? await watched(server, life, life.config) : undefined
  await ended
  clearInterval(well)
  await watching?.close()
}

/** Reloads at each change of the code. The watcher is loaded by those who want it. */
async function watched(server: Server, life: Life, config: string): Promise<Watch> {
  const { watchCode } = await import('../server/watch.ts')
  const watch = watchCode(resolve(config), () => {
    watch.add(evaluatedFiles())
    reload(server, life).then(life.say, () => undefined)
  })
  watch.add(evaluatedFiles())
  return watch
}

/** @throws what is wrong with the config, after it was reported. */
async function reload(server: Server, { what, report, manager }: Life): Promise<string> {
  const since = performance.now()
  void manager.notify(reloading())
  try {
    await server.reload()
    return `Reloaded ${what} in ${Math.round(performance.now() - since)} ms. Oriel serves it at ${server.urls.join(' and ')}`
  } catch (error) {
    const { message } = error as Error
    report('error', `The reload failed, and the server goes on as it was: ${message}`)
    throw new Error(`${message}\nThe server goes on as it was.`, { cause: error })
  } finally {
    void manager.notify(READY)
  }
}

/** Hears the owner, where that is possible: a server whose folders are all read-only can still be told by SIGHUP. */
async function heard(
  { config, over, report }: Life,
  act: (command: Command) => Promise<Outcome>,
): Promise<Control | undefined> {
  const path = config === undefined ? undefined : controlPath(config)
  if (path === undefined) return undefined
  try {
    return await hear(path, over, act)
  } catch (error) {
    report('info', 'Commands such as "oriel reload" will not be heard; signals are.', { error })
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

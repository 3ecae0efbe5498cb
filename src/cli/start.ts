import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { addressesOf, hasApplications } from '../config/build.ts'
import type { Config } from '../config/config.ts'
import { developmentWarnings } from '../config/development-mode.ts'
import { leaveErrorLog } from '../config/error-log.ts'
import { certificateWarnings } from '../config/expiry.ts'
import { Modules } from '../config/modules.ts'
import { writingWarnings } from '../config/writable.ts'
import type { Bound } from '../io/bound.ts'
import { connectionsWarning, descriptorLimit } from '../io/descriptors.ts'
import { flushSinks } from '../log/sinks/open.ts'
import type { Report } from '../message/exchange.ts'
import { identityFor, idsOf, isRoot } from '../server/identity.ts'
import type { Primary } from '../server/primary.ts'
import type { Read, Reading } from '../server/reading.ts'
import { serviceManager } from '../server/service-manager.ts'
import { Single } from '../server/single.ts'
import { inherited, tellPredecessor } from '../server/successor.ts'
import { workersOf } from '../server/worker-count.ts'
import { type ConsoleLog, consoleReport } from './console.ts'
import { handedOver } from './handed-over.ts'
import { noteHangups } from './hangups.ts'
import { untilStopped } from './lifecycle.ts'
import { sentenceFor } from './sentences.ts'
import type { WorkerArguments } from './worker.ts'

export interface Serving {
  /** Whether to speak TLS with a certificate for development. */
  readonly tls: true | undefined
  readonly quiet: true | undefined
  readonly log: ConsoleLog | undefined
  /** The config file, where there is one. */
  readonly config: string | undefined
  /** What is served, for people. */
  readonly what: string
  /** What people may want to know beside. */
  readonly hint: string | undefined
  readonly watch?: true | undefined
  /** Whether the workers are told that development is on, whatever the config says. */
  readonly development?: true | undefined
}

/** Said once, to whoever starts it as root without a user to become. */
export const AS_ROOT =
  'Oriel runs as root, and so does all that answers requests. A user in the config ends that; in a container it may be meant.'

/** Serves, tells where, and waits until it is stopped. Fulfilled with the exit code. */
export async function serveUntilStopped(given: Read, serving: Serving): Promise<number> {
  const { quiet, config, what, hint, watch } = serving
  const hangups = noteHangups()
  const predecessor = await inherited()
  try {
    const handed = handedOver(given, serving.tls === true, predecessor)
    // What the server itself reports goes where the config that is served says.
    let present: Report = consoleReport
    let next = present
    const report: Report = (...told) => present(...told)
    const read: Read = async (modules) => {
      const made = await handed.read(modules)
      next = made.config.report ?? consoleReport
      return made
    }
    const reloaded = (well: boolean): void => {
      const left = well ? present : next
      if (well) present = next
      else next = present
      if (left !== present) void leaveErrorLog(left)
    }
    const reading = await read(new Modules())
    present = next
    const listen = addressesOf(reading.config, reading.build.base)
    const { base } = reading.build
    const warnings = [
      ...certificateWarnings(listen),
      ...writingWarnings(reading.config, listen, base),
      ...(hasApplications(reading.config) ? await socketWarnings(reading.config, base) : []),
      ...developmentWarnings(reading.config, listen),
    ]
    for (const told of warnings) report('warn', told)
    const asked = reading.config.limits?.connections
    const few = asked && connectionsWarning(asked, workersOf(reading.config), descriptorLimit())
    if (few) report('warn', few)
    // Before the workers are started: what it finds in the environment is not meant for them.
    const manager = serviceManager((why) => report('warn', why))
    const server = await serverFor(reading, read, report, serving, handed.bounds)
    await server.start(reading)
    const sayIfWanted = quiet === true ? () => undefined : say
    if (hint !== undefined) sayIfWanted(hint)
    if (isRoot() && reading.config.user === undefined) report('warn', AS_ROOT)
    const count = server.workers.length
    const told = `Oriel serves ${what} at ${server.urls.flatMap(reachable).join(' and ')}`
    sayIfWanted(count > 1 ? `${told}, with ${count} workers` : told)
    if (handed.sentence !== undefined) sayIfWanted(handed.sentence)
    await untilStopped(server, {
      what,
      config,
      report,
      say: sayIfWanted,
      watch: watch === true,
      over: predecessor !== undefined,
      manager,
      hangups,
      reloaded,
      ready: () => tellPredecessor({ ok: true, told: `${told} (process ${process.pid})` }),
    })
    await flushSinks()
    return 0
  } catch (error) {
    tellPredecessor({ ok: false, told: sentenceFor(error) })
    throw error
  }
}

async function socketWarnings(config: Config, base: string): Promise<string[]> {
  const unused = await import('../config/unused-socket.ts')
  return unused.socketWarnings(config, base)
}

/** One process where that is enough; a primary with workers where several are wanted, or another user. */
async function serverFor(
  reading: Reading,
  read: Read,
  report: Report,
  { config, quiet, development }: Serving,
  bounds: ReadonlyMap<string, Bound>,
): Promise<Single | Primary> {
  const identity = identityFor(reading.config)
  if (reading.config.user !== undefined && !isRoot()) {
    report('warn', 'Only root can become another user: user and group have no effect.')
  }
  const alone = identity === undefined && workersOf(reading.config) === 1
  if (config === undefined || alone)
    return new Single(noting(['workers', 'user', 'group'], reading, read, report), report, bounds)
  const noted = noting(['user', 'group'], reading, read, report)
  const file = resolve(config)
  const args = (hang: number): string[] => {
    const given: WorkerArguments = {
      config: file,
      quiet: quiet === true,
      hang,
      ...(development === true && { development }),
      ...(identity !== undefined && { identity }),
    }
    return [JSON.stringify(given)]
  }
  // Loaded by those who want it: one process is what most start.
  const { Primary } = await import('../server/primary.ts')
  return new Primary({
    read: noted,
    program: new URL('./worker.js', import.meta.url),
    args,
    report,
    inherited: bounds,
    ...(identity !== undefined && { owner: idsOf(identity) }),
  })
}

/** What a reload cannot change is told, each time that it should. */
function noting(keys: readonly ('workers' | 'user' | 'group')[], first: Reading, read: Read, report: Report): Read {
  return async (modules) => {
    const reading = await read(modules)
    for (const key of keys) {
      const [old, now] = [first.config[key], reading.config[key]]
      if (old === now || (key === 'workers' && workersOf(first.config) === workersOf(reading.config))) continue
      report('warn', `${key} has changed: that takes effect with "oriel serve --replace", or a new start.`)
    }
    return reading
  }
}

/** An address for all interfaces, as those that a browser can be given. */
function reachable(url: string): string[] {
  const all = /^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(.*)$/.exec(url)
  if (all === null) return [url]
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return own.filter(({ family }) => family === 'IPv4').map(({ address }) => `${all[1]}${address}${all[2]}`)
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`)
}

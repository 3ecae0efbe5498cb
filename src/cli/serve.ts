import { existsSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { type Config, ConfigError } from '../config/config.ts'
import { findConfig } from '../config/load.ts'
import { Modules } from '../config/modules.ts'
import { suggestion } from '../config/suggest.ts'
import { writingWarnings } from '../config/writable.ts'
import type { Bound } from '../io/bound.ts'
import type { Report } from '../message/exchange.ts'
import { identityFor, isRoot } from '../server/identity.ts'
import { Primary } from '../server/primary.ts'
import type { Read, Reading } from '../server/reading.ts'
import { Single } from '../server/single.ts'
import { inherited, tellPredecessor } from '../server/successor.ts'
import { workersOf } from '../server/worker.ts'
import { type ConsoleLog, consoleLog, consoleReport } from './console.ts'
import { untilStopped } from './lifecycle.ts'
import { configPath, configsIn, readingOf, withConsole } from './reading.ts'
import { replaceCommand } from './reload.ts'
import { sentenceFor } from './sentences.ts'

export interface FolderOptions {
  readonly port: string
  readonly host: string
  readonly quiet?: true
}

interface ServeOptions {
  readonly config?: string
  readonly quiet?: true
  readonly replace?: true
  readonly watch?: true
}

/** `oriel [folder]`: serves a folder, with index pages and listings, until it is stopped. */
export async function folderCommand(
  folder: string,
  { port, host, quiet }: FolderOptions,
  commands: readonly string[],
): Promise<number> {
  const root = resolve(folder)
  const stats = statSync(root, { throwIfNoEntry: false })
  if (stats === undefined) {
    const meant = suggestion(folder, commands)
    throw new ConfigError(
      `there is no folder ${folder}${meant === undefined ? '' : `. Did you mean the command ${meant}?`}`,
    )
  }
  if (!stats.isDirectory()) throw new ConfigError(`${folder} is no folder: name the folder that it is in`)
  const errorPage = join(root, '404.html')
  const config: Config = {
    listen: [{ port: portNumber(port), host }],
    routes: [{ match: '/*', files: { root, listing: true } }],
    ...(existsSync(errorPage) && { errors: { 404: errorPage } }),
  }
  const what = folder === '.' ? 'this folder' : folder
  const found = findConfig(root)
  const hint =
    found === undefined
      ? undefined
      : `There is ${relative('.', found)}: "oriel serve" serves the site as it says; this serves the folder as it is.`
  const log = quiet === true ? undefined : consoleLog()
  const build = { base: root, source: { name: what }, withhold: configsIn(root) }
  const read: Read = async (modules) => ({ config: withConsole(config, log), build: { ...build, modules } })
  return serveUntilStopped(read, { quiet, log, config: undefined, what, hint })
}

/** `oriel serve`: serves the site that a config describes, until it is stopped. */
export async function serveCommand({ config: named, quiet, replace, watch }: ServeOptions): Promise<number> {
  const path = configPath(named)
  if (replace === true)
    return replaceCommand(path, ['serve', '--config', resolve(path), ...(quiet === true ? ['--quiet'] : [])])
  const log = quiet === true ? undefined : consoleLog()
  const read = readingOf(path, log)
  return serveUntilStopped(read, { quiet, log, config: path, what: path, hint: undefined, watch })
}

interface Serving {
  readonly quiet: true | undefined
  readonly log: ConsoleLog | undefined
  /** The config file, where there is one. */
  readonly config: string | undefined
  /** What is served, for people. */
  readonly what: string
  /** What people may want to know beside. */
  readonly hint: string | undefined
  readonly watch?: true | undefined
}

async function serveUntilStopped(read: Read, serving: Serving): Promise<number> {
  const { quiet, log, config, what, hint, watch } = serving
  const bounds = await inherited()
  try {
    const reading = await read(new Modules())
    const report = reading.config.report ?? consoleReport
    for (const sentence of writingWarnings(reading.config, reading.config.listen ?? [], reading.build.base)) {
      report('warn', sentence)
    }
    const server = serverFor(reading, read, report, serving, bounds)
    await server.start(reading)
    const sayIfWanted = quiet === true ? () => undefined : say
    if (hint !== undefined) sayIfWanted(hint)
    if (isRoot() && reading.config.user === undefined) sayIfWanted(AS_ROOT)
    const count = server.workers.length
    const told = `Oriel serves ${what} at ${server.urls.flatMap(reachable).join(' and ')}`
    sayIfWanted(count > 1 ? `${told}, with ${count} workers` : told)
    const ended = untilStopped(server, {
      what,
      config,
      report,
      say: sayIfWanted,
      watch: watch === true,
      over: bounds !== undefined,
    })
    tellPredecessor({ ok: true, told: `${told} (process ${process.pid})` })
    await ended
    log?.end()
    return 0
  } catch (error) {
    tellPredecessor({ ok: false, told: sentenceFor(error) })
    throw error
  }
}

/** Said once, to whoever starts it as root without a user to become. */
export const AS_ROOT =
  'Oriel runs as root, and so does all that answers requests. A user in the config ends that; in a container it may be meant.'

/** One process where that is enough; a primary with workers where several are wanted, or another user. */
function serverFor(
  reading: Reading,
  read: Read,
  report: Report,
  { config, quiet }: Serving,
  bounds: ReadonlyMap<string, Bound> | undefined,
): Single | Primary {
  const identity = identityFor(reading.config)
  if (reading.config.user !== undefined && !isRoot()) {
    report('warn', 'Only root can become another user: user and group have no effect.')
  }
  if (config === undefined || (identity === undefined && workersOf(reading.config) === 1))
    return new Single(read, bounds)
  const args = (hang: number): string[] => [
    JSON.stringify({
      config: resolve(config),
      quiet: quiet === true,
      hang,
      ...(identity !== undefined && { identity }),
    }),
  ]
  const program = new URL('./worker.js', import.meta.url)
  return new Primary({ read, program, args, report, ...(bounds !== undefined && { inherited: bounds }) })
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new ConfigError(`${text} is no port: give a number from 0 to 65535`)
  return port
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

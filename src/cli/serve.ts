import { existsSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { buildConfig } from '../config/build.ts'
import type { Source } from '../config/check.ts'
import { type Config, ConfigError } from '../config/config.ts'
import { withDevelopmentTls } from '../config/development.ts'
import { CONFIG_NAMES, findConfig, loadConfig } from '../config/load.ts'
import { type Server, serveBuilt } from '../config/serve.ts'
import { suggestion } from '../config/suggest.ts'
import { type ConsoleLog, consoleLog, consoleReport } from './console.ts'

export interface FolderOptions {
  readonly port: string
  readonly host: string
  readonly tls?: true
  readonly quiet?: true
}

interface ServeOptions {
  readonly config?: string
  readonly tls?: true
  readonly quiet?: true
}

/** `oriel [folder]`: serves a folder, with index pages and listings, until it is stopped. */
export async function folderCommand(
  folder: string,
  { port, host, tls, quiet }: FolderOptions,
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
  return serveUntilStopped(config, { base: root, withhold: [], tls, quiet, what, source: { name: what }, hint })
}

/** `oriel serve`: serves the site that a config describes, until it is stopped. */
export async function serveCommand({ config: named, tls, quiet }: ServeOptions): Promise<number> {
  const { config, file, source } = await loadConfig(configPath(named))
  return serveUntilStopped(config, {
    base: dirname(file),
    withhold: [file],
    tls,
    quiet,
    what: relative('.', file),
    source,
    hint: undefined,
  })
}

/** The config that is meant. @throws ConfigError where none is named and none is there. */
export function configPath(named: string | undefined): string {
  const path = named ?? findConfig('.')
  if (path === undefined)
    throw new ConfigError(
      `there is no ${CONFIG_NAMES[0]} here. "oriel init" writes one; "oriel" alone serves this folder.`,
    )
  return relative('.', resolve(path)) || path
}

interface Serving {
  readonly base: string
  readonly withhold: readonly string[]
  /** Whether to speak TLS with a certificate for development. */
  readonly tls: true | undefined
  readonly quiet: true | undefined
  /** What is served, for people. */
  readonly what: string
  readonly source: Source
  /** What people may want to know beside. */
  readonly hint: string | undefined
}

async function serveUntilStopped(
  given: Config,
  { base, withhold, tls, quiet, what, source, hint }: Serving,
): Promise<number> {
  const { config, sentence } = tls === true ? withDevelopmentTls(given) : { config: given, sentence: undefined }
  const log = quiet === true ? undefined : consoleLog()
  const full: Config = {
    ...config,
    report: config.report ?? consoleReport,
    log: [...(config.log ?? []), ...(log === undefined ? [] : [log])],
  }
  // Configs that lie there beside the one that is served may name secrets too.
  const configs = CONFIG_NAMES.map((name) => join(base, name))
  const server = await serveBuilt(await buildConfig(full, { base, source, withhold: [...withhold, ...configs] }))
  if (quiet !== true) {
    if (hint !== undefined) say(hint)
    say(`Oriel serves ${what} at ${server.urls.flatMap(reachable).join(' and ')}`)
    if (sentence !== undefined) say(sentence)
  }
  return untilStopped(server, log)
}

/** Waits for SIGINT or SIGTERM, then lets running exchanges end. A second signal ends at once. */
function untilStopped(server: Server, log: ConsoleLog | undefined): Promise<number> {
  return new Promise((done, failed) => {
    let stopping = false
    const stop = (_signal: NodeJS.Signals, number: number): void => {
      if (stopping) process.exit(128 + number)
      stopping = true
      server.close().then(() => {
        log?.end()
        done(0)
      }, failed)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
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

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { buildConfig } from '../config/build.ts'
import { ConfigError } from '../config/config.ts'
import { developmentWarnings } from '../config/development-mode.ts'
import { certificateWarnings } from '../config/expiry.ts'
import { faultAt, type Source } from '../config/fault.ts'
import { guardLines, guardWarnings, openObjects } from '../config/guarding.ts'
import { loadConfig } from '../config/load.ts'
import { filterWarnings } from '../config/log-filters.ts'
import { objectLines } from '../config/object-lines.ts'
import { unknownNames } from '../config/unknown-names.ts'
import { socketWarnings } from '../config/unused-socket.ts'
import { writingWarnings } from '../config/writable.ts'
import type { ListenAddress } from '../io/bound.ts'
import { groupId } from '../io/groups.ts'
import { spawnMethod } from '../io/spawn/spawn.ts'
import type { ApplicationSpec } from '../process/specification.ts'
import { tryApplications } from '../server/applications.ts'
import { identityFor, idsOf, wantedIdentity } from '../server/identity.ts'
import { consoleReport } from './console.ts'
import { configPath } from './reading.ts'

interface CheckOptions {
  readonly config?: string
  /** Whether applications are started, to see whether they can be. */
  readonly start: boolean
}

/** `oriel check`: whether a config can be used. Reads all that it names, certificates and modules too; serves nothing. */
export async function checkCommand({ config: named, start }: CheckOptions): Promise<number> {
  const path = configPath(named)
  const { config, file, source } = await loadConfig(path)
  const { listen, applications } = await buildConfig(config, { base: dirname(file), source, withhold: [file] })
  wantedIdentity(config)
  checkSockets(listen, source)
  const identity = identityFor(config)
  for (const sentence of socketWarnings(config, dirname(file))) consoleReport('warn', sentence)
  if (start) await patiently(tryApplications(applications.map(once), () => undefined, identity && idsOf(identity)))
  for (const sentence of certificateWarnings(listen)) consoleReport('warn', sentence)
  for (const sentence of developmentWarnings(config, listen)) consoleReport('warn', sentence)
  for (const sentence of writingWarnings(config, listen, dirname(file))) consoleReport('warn', sentence)
  for (const sentence of guardWarnings(config, listen)) consoleReport('warn', sentence)
  for (const sentence of openObjects(config)) consoleReport('warn', sentence)
  for (const sentence of unknownNames(config, dirname(file))) consoleReport('warn', sentence)
  for (const sentence of filterWarnings(config)) consoleReport('warn', sentence)
  const count = config.routes.length
  const routes = `${count} ${count === 1 ? 'route' : 'routes'}`
  process.stdout.write(`${path} is good: ${routes}, to be served at ${listen.map(urlOf).join(' and ')}\n`)
  for (const line of objectLines(config)) process.stdout.write(`  ${line}\n`)
  for (const line of guardLines(config)) process.stdout.write(`  ${line}\n`)
  if (start && applications.length > 0) process.stdout.write(`${startedWell(applications)}\n`)
  if (config.routes.some(({ cgi }) => cgi !== undefined)) process.stdout.write(`${await startedBy()}\n`)
  return 0
}

/** Milliseconds after which who waits is told what for. */
const PATIENT = 3000

/** Waits for applications that are tried. */
async function patiently(tried: Promise<void>): Promise<void> {
  const told = 'still waits for an application to listen on $SOCKET, at most for its timeouts.start'
  const waiting = setTimeout(() => process.stderr.write(`oriel: ${told}\n`), PATIENT)
  await tried.finally(() => clearTimeout(waiting))
}

/** One process of an application is enough to see whether it can be run. */
function once(spec: ApplicationSpec): ApplicationSpec {
  return { ...spec, processes: { min: 1, max: 1 } }
}

function startedWell(applications: readonly ApplicationSpec[]): string {
  const names = applications.map(({ name }) => name).join(', ')
  return `Started, answered and ended: ${names}`
}

/** How CGI programs would be started: much of what they cost. */
async function startedBy(): Promise<string> {
  const { name, reason } = await spawnMethod()
  const why = reason === undefined ? '' : ` (${reason})`
  return `CGI programs are started by ${name}${why}`
}

/** What listening would say of Unix sockets, as far as it can be known before. @throws ConfigError. */
function checkSockets(listen: readonly ListenAddress[], source: Source): void {
  for (const [i, { unix, group }] of listen.entries()) {
    if (unix !== undefined && !existsSync(dirname(unix))) {
      throw new ConfigError(faultAt(['listen', i, 'unix'], `there is no folder ${dirname(unix)}`, source))
    }
    if (group === undefined) continue
    try {
      groupId(group)
    } catch (cause) {
      throw new ConfigError(faultAt(['listen', i, 'group'], (cause as Error).message, source), { cause })
    }
  }
}

function urlOf({ unix, host = '127.0.0.1', port, tls }: ListenAddress): string {
  if (unix !== undefined) return `unix:${unix}`
  return `http${tls === undefined ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

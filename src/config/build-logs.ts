import type { AskedObject } from '../access/objects.ts'
import { loadOutlets } from '../log/sinks/outlets.ts'
import type { Naming } from './asked-objects.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { checkPlace, linePlaces, loggerObjects } from './log-places.ts'
import type { Logs } from './logs.ts'
import type { KeyPath } from './place.ts'

/** Where they are read. */
export interface LogsOptions {
  readonly base: string
  readonly source: Source
  /** False where somebody else writes them. */
  readonly certificates?: boolean
  /** Only to explain. */
  readonly explaining?: boolean
}

/** The loggers of a config, where any of them writes lines: what makes lines and takes them is loaded for those alone. */
export async function logsOf(
  { log = [], errorLog, report }: Config,
  options: LogsOptions,
  naming: Naming,
): Promise<Logs | undefined> {
  const { base, source } = options
  const looking = options.certificates !== false && options.explaining !== true
  const refuse = (path: KeyPath, cause: Error): never => {
    throw new ConfigError(faultAt(path, cause.message, source), { cause })
  }
  if (looking) checkPlace(errorLog?.to, base, (cause) => refuse(['errorLog', 'to'], cause))
  const places = linePlaces(log)
  const objects = new Map<string, AskedObject>()
  for (const { address, path } of loggerObjects(log)) {
    const { askedObject } = await import('./asked-objects.ts')
    objects.set(address, askedObject(address, 'logger', path, naming))
  }
  if (places.length + objects.size === 0) return undefined
  const [{ Logs }] = await Promise.all([import('./logs.ts'), loadOutlets(places)])
  return new Logs(log, base, report, looking, refuse, objects)
}

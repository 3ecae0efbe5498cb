import { dirname, join, relative, resolve } from 'node:path'
import { type Config, ConfigError } from '../config/config.ts'
import { withErrorLog } from '../config/error-log.ts'
import { CONFIG_NAMES, findConfig, loadConfig } from '../config/load.ts'
import type { Read } from '../server/reading.ts'
import { type ConsoleLog, consoleReport } from './console.ts'

/**
 * A config with what the command adds: reports on standard error, and a line a request on standard output, where the config
 * says nothing of logs.
 */
export async function withConsole(config: Config, base: string, log: ConsoleLog | undefined): Promise<Config> {
  const ours = log === undefined ? [] : [log]
  return { ...(await withErrorLog(config, base, consoleReport)), log: config.log ?? ours }
}

/** Configs that lie beside the one that is served may name secrets too. */
export function configsIn(folder: string): string[] {
  return CONFIG_NAMES.map((name) => join(folder, name))
}

/** Reads a config file each time that it is asked. @param development Whether it is on, whatever the config says. */
export function readingOf(path: string, log: ConsoleLog | undefined, development?: true): Read {
  return async (modules) => {
    const { config: read, file, source } = await loadConfig(path, modules)
    const config = development === true ? { ...read, development } : read
    const base = dirname(file)
    return {
      config: await withConsole(config, base, log),
      build: { base, source, modules, withhold: [file, ...configsIn(base)] },
    }
  }
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

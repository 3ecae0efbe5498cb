import { existsSync, readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { type Config, ConfigError } from './config.ts'
import type { Source } from './fault.ts'
import { Modules } from './modules.ts'
import { parseYaml } from './yaml.ts'

/** The names that are looked for where no config is named, the first that exists. */
export const CONFIG_NAMES: readonly string[] = [
  'oriel.config.ts',
  'oriel.config.js',
  'oriel.config.mjs',
  'oriel.config.json',
  'oriel.config.yaml',
  'oriel.config.yml',
]

export interface LoadedConfig {
  readonly config: Config
  /** The file, absolute. */
  readonly file: string
  readonly source: Source
}

/** The config file of a folder, or undefined. */
export function findConfig(folder: string): string | undefined {
  return CONFIG_NAMES.map((name) => resolve(folder, name)).find((path) => existsSync(path))
}

/** Reads and checks a config file. @throws ConfigError. */
export async function loadConfig(path: string, modules: Modules = new Modules()): Promise<LoadedConfig> {
  const file = resolve(path)
  const text = readText(file, path)
  const { config, lineOf } = await configIn(file, path, text, modules)
  const source = { name: path, text, ...(lineOf !== undefined && { lineOf }) }
  // Who serves a folder without a config needs no schema.
  const { checkConfig } = await import('./check.ts')
  return { config: checkConfig(config, source), file, source }
}

/** What a file says, by its suffix, and how to find lines in it, where its form knows that best. */
async function configIn(
  file: string,
  path: string,
  text: string,
  modules: Modules,
): Promise<Pick<Source, 'lineOf'> & { config: unknown }> {
  switch (extname(file)) {
    case '.json':
      return { config: withoutSchema(parseJson(text, path)) }
    case '.yaml':
    case '.yml': {
      const { config, lineOf } = await parseYaml(text, path)
      return { config: withoutSchema(config), lineOf }
    }
    default:
      return { config: await defaultExport(file, path, modules) }
  }
}

async function defaultExport(file: string, path: string, modules: Modules): Promise<unknown> {
  try {
    const module = (await modules.load(file)) as { default?: unknown }
    if (module.default !== undefined) return module.default
  } catch (cause) {
    throw new ConfigError(`${path} cannot be loaded: ${(cause as Error).message}`, { cause })
  }
  throw new ConfigError(`${path} must export its config: export default defineConfig({ … })`)
}

function readText(file: string, path: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new ConfigError(`there is no config ${path}`, { cause })
    if (code === 'EISDIR') throw new ConfigError(`${path} is a folder: name the config file in it`, { cause })
    throw new ConfigError(`the config ${path} cannot be read: ${message}`, { cause })
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as unknown
  } catch (cause) {
    throw new ConfigError(`${path} is no JSON: ${(cause as Error).message.replace(/\s+/g, ' ')}`, { cause })
  }
}

/** Only editors read `$schema`: by which schema they complete. */
function withoutSchema(config: unknown): unknown {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) return config
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== '$schema'))
}

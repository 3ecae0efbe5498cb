import { existsSync, readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { checkConfig } from './check.ts'
import { type Config, ConfigError } from './config.ts'

/** The names that are looked for where no config is named, the first that exists. */
export const CONFIG_NAMES: readonly string[] = [
  'oriel.config.ts',
  'oriel.config.js',
  'oriel.config.mjs',
  'oriel.config.json',
]

export interface LoadedConfig {
  readonly config: Config
  /** The file, absolute. */
  readonly file: string
}

/** The config file of a folder, or undefined. */
export function findConfig(folder: string): string | undefined {
  return CONFIG_NAMES.map((name) => resolve(folder, name)).find((path) => existsSync(path))
}

/** Reads and checks a config file. @throws ConfigError. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path)
  const text = readText(file, path)
  const given = extname(file) === '.json' ? parseJson(text, path) : await defaultExport(file, path)
  return { config: checkConfig(given, { name: path, text }), file }
}

/** Imports a module of the site: TypeScript on any Node, JavaScript by Node itself. @throws ConfigError. */
export async function loadModule(file: string): Promise<unknown> {
  if (!existsSync(file)) throw new ConfigError(`the module ${file} does not exist`)
  try {
    return /\.[mc]?tsx?$/.test(file) ? await importTypeScript(file) : await importJavaScript(file)
  } catch (cause) {
    throw new ConfigError(`the module ${file} cannot be loaded: ${explained(cause)}`, { cause })
  }
}

async function defaultExport(file: string, path: string): Promise<unknown> {
  const module = (await loadModule(file)) as { default?: unknown }
  if (module.default === undefined)
    throw new ConfigError(`${path} must export its config: export default defineConfig({ … })`)
  return module.default
}

function readText(file: string, path: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'does not exist'
        : `cannot be read: ${(cause as Error).message}`
    throw new ConfigError(`the config ${path} ${reason}`, { cause })
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    const { $schema: _, ...config } = JSON.parse(text) as Record<string, unknown>
    return config
  } catch (cause) {
    throw new ConfigError(`${path} is no JSON: ${(cause as Error).message}`, { cause })
  }
}

/** This package: what `oriel` means in a module, whether or not it is installed beside that module. */
const SELF = fileURLToPath(new URL('../index.js', import.meta.url))

async function importJavaScript(file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    // `npx oriel` in a folder without node_modules: the module may still import 'oriel'.
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ERR_MODULE_NOT_FOUND' || !String(error).includes("'oriel'")) throw error
    return importTypeScript(file)
  }
}

/**
 * Node 20 reads no TypeScript, and newer ones only a part of it; this loader reads all of it on every Node, the same
 * at start and at a reload. Nothing is cached on disk: another user could leave code there.
 */
async function importTypeScript(file: string): Promise<unknown> {
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    alias: { oriel: SELF },
  })
  return jiti.import(file)
}

function explained(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause instanceof ConfigError ? cause.message : `${cause.name}: ${cause.message}`
}

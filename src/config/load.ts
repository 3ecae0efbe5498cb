import { existsSync, readFileSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { checkConfig, type Source } from './check.ts'
import { type Config, ConfigError } from './config.ts'
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

/** A module that cannot be had. The message is for people, and goes behind the name of who wants it. */
export class ModuleError extends Error {
  override readonly name: string = 'ModuleError'
}

/** The config file of a folder, or undefined. */
export function findConfig(folder: string): string | undefined {
  return CONFIG_NAMES.map((name) => resolve(folder, name)).find((path) => existsSync(path))
}

/** Reads and checks a config file. @throws ConfigError. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path)
  const text = readText(file, path)
  const { config, lineOf } = await configIn(file, path, text)
  const source = { name: path, text, ...(lineOf !== undefined && { lineOf }) }
  return { config: checkConfig(config, source), file, source }
}

/** Imports a module of the site: TypeScript on any Node, JavaScript by Node itself. @throws ModuleError. */
export async function loadModule(file: string): Promise<unknown> {
  if (!existsSync(file)) throw new ModuleError(`there is no file ${file}`)
  try {
    return /\.[mc]?tsx?$/.test(file) ? await importTypeScript(file) : await importJavaScript(file)
  } catch (cause) {
    throw new ModuleError(explained(cause, file), { cause })
  }
}

/** What a file says, by its suffix, and how to find lines in it, where its form knows that best. */
async function configIn(
  file: string,
  path: string,
  text: string,
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
      return { config: await defaultExport(file, path) }
  }
}

async function defaultExport(file: string, path: string): Promise<unknown> {
  try {
    const module = (await loadModule(file)) as { default?: unknown }
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
    throw new ConfigError(`${path} is no JSON: ${(cause as Error).message}`, { cause })
  }
}

/** Only editors read `$schema`: by which schema they complete. */
function withoutSchema(config: unknown): unknown {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) return config
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== '$schema'))
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

/** What went wrong in one line: the message, and where in the file, if the error knows. */
function explained(cause: unknown, file: string): string {
  if (!(cause instanceof Error)) return `it throws ${String(cause)}`
  const said = cause.message.split('Require stack:')[0] ?? ''
  const message = said.replaceAll(file, basename(file)).replace(/\s+/g, ' ').trim()
  const kind = cause.name === 'Error' || message.startsWith(cause.name) ? '' : `${cause.name}: `
  const line = cause.stack?.split(`${file}:`)[1]?.match(/^\d+/)?.[0]
  const where = line === undefined || message.includes(`${basename(file)}:`) ? '' : ` (${basename(file)}:${line})`
  return `${kind}${message}${where}`
}

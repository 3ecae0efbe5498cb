import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A module that cannot be had. The message is for people, and goes behind the name of who wants it. */
export class ModuleError extends Error {
  override readonly name: string = 'ModuleError'
}

/** This package: what `oriel` means in a module, whether or not it is installed beside that module. */
const SELF = fileURLToPath(new URL('../index.js', import.meta.url))
const OWN = `${dirname(dirname(SELF))}${sep}`

/** Where the loader keeps what it has read: Node's own store of CommonJS modules. */
const { cache } = createRequire(import.meta.url)

/** Modules of sites that are in the store, by file. */
const kept = new Set<string>()

/**
 * The modules of one reading of a config. Within it each file is evaluated once, whoever imports it; the next reading
 * evaluates all of them again, imports included, but for installed packages.
 */
export class Modules {
  readonly #again: boolean
  #jiti: Promise<(file: string) => unknown> | undefined

  /** @param again Whether this reading follows another one in this process. */
  constructor(again: boolean = false) {
    this.#again = again
  }

  /** Imports a module: TypeScript on any Node, JavaScript by Node itself where nothing has to be fresh. @throws ModuleError. */
  async load(file: string): Promise<unknown> {
    if (!existsSync(file)) throw new ModuleError(`there is no file ${file}`)
    try {
      return await (this.#again || /\.[mc]?tsx?$/.test(file) ? this.#evaluate(file) : this.#importNative(file))
    } catch (cause) {
      throw new ModuleError(explained(cause, file), { cause })
    }
  }

  async #importNative(file: string): Promise<unknown> {
    try {
      return await import(pathToFileURL(file).href)
    } catch (error) {
      // `npx oriel` in a folder without node_modules: the module may still import 'oriel'.
      const code = (error as NodeJS.ErrnoException).code
      if (code !== 'ERR_MODULE_NOT_FOUND' || !String(error).includes("'oriel'")) throw error
      return this.#evaluate(file)
    }
  }

  async #evaluate(file: string): Promise<unknown> {
    this.#jiti ??= freshLoader()
    const load = await this.#jiti
    const before = new Set(Object.keys(cache))
    try {
      return await load(file)
    } finally {
      for (const path of Object.keys(cache)) if (!before.has(path) && isOfSite(path)) kept.add(path)
    }
  }
}

/** The files of sites that were evaluated, and are forgotten at the next reading. */
export function evaluatedFiles(): string[] {
  return [...kept]
}

/**
 * Node 20 reads no TypeScript, and newer ones only a part of it; this loader reads all of it on every Node, the same
 * at start and at a reload. Nothing is cached on disk: another user could leave code there.
 */
async function freshLoader(): Promise<(file: string) => unknown> {
  for (const path of kept) delete cache[path]
  kept.clear()
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: true,
    interopDefault: false,
    alias: { oriel: SELF },
  })
  return (file) => {
    try {
      return jiti(file)
    } catch (error) {
      // Only modules that await at their top level; JavaScript among them is then imported by Node itself, once.
      if (!(error instanceof SyntaxError && /\bawait\b/.test(error.message))) throw error
      return jiti.import(file)
    }
  }
}

function isOfSite(path: string): boolean {
  return !path.includes(`${sep}node_modules${sep}`) && !path.startsWith(OWN)
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

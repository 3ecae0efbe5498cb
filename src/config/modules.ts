import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { oneAtATime } from '../io/one-at-a-time.ts'

/** A module that cannot be had. The message is for people, and goes behind the name of who wants it. */
export class ModuleError extends Error {
  override readonly name: string = 'ModuleError'
}

/** This package: what `oriel` means in a module, whether or not it is installed beside that module. */
const SELF = new URL('../index.js', import.meta.url).href
const OWN = `${dirname(dirname(fileURLToPath(SELF)))}${sep}`

/** Where the loader keeps what it has read: Node's own store of CommonJS modules. */
const { cache } = createRequire(import.meta.url)

/** How long a module may take to load, in milliseconds: it may wait for what never comes. */
const PATIENCE = 50_000

/** Modules of sites that are in the store, by file. */
const kept = new Set<string>()

/**
 * The modules of one reading of a config. Within it each file is evaluated once, whoever imports it; the next reading
 * evaluates all of them again, imports included, but for installed packages.
 */
export class Modules {
  /** Whether this reading follows another one in this process. */
  readonly again: boolean
  readonly #patience: number
  #loader: Promise<Load> | undefined

  /**
   * @param again Whether this reading follows another one in this process.
   * @param patience For how long one module is waited for, in milliseconds.
   */
  constructor(again: boolean = false, patience: number = PATIENCE) {
    this.again = again
    this.#patience = patience
  }

  /** Imports a module: TypeScript on any Node, JavaScript by Node itself where nothing has to be fresh. @throws ModuleError. */
  async load(file: string): Promise<unknown> {
    if (!existsSync(file)) throw new ModuleError(`there is no file ${file}`)
    try {
      return await (this.again || /\.[mc]?tsx?$/.test(file) ? this.#evaluated(file) : this.#importNative(file))
    } catch (cause) {
      throw new ModuleError(explained(cause, file), { cause })
    }
  }

  async #importNative(file: string): Promise<unknown> {
    try {
      return await within(this.#patience, import(pathToFileURL(file).href))
    } catch (error) {
      // Node does not tell where it could not read on; nothing has run, and the loader stops at the same place.
      if (error instanceof SyntaxError && error.stack?.includes('compileSourceTextModule')) await this.#evaluated(file)
      // `npx oriel` in a folder without node_modules: the module may still import 'oriel'.
      const code = (error as NodeJS.ErrnoException).code
      if (code !== 'ERR_MODULE_NOT_FOUND' || !String(error).includes("'oriel'")) throw error
      return this.#evaluated(file)
    }
  }

  async #evaluated(file: string): Promise<unknown> {
    this.#loader ??= freshLoader()
    return evaluate(await this.#loader, file, this.#patience)
  }
}

/** One file at a time: two that are on their way to the same import would both evaluate it. */
const evaluate = oneAtATime(async (load: Load, file: string, patience: number): Promise<unknown> => {
  const before = new Set(Object.keys(cache))
  try {
    return await within(patience, load(file))
  } finally {
    for (const path of Object.keys(cache)) if (!before.has(path) && isOfSite(path)) kept.add(path)
  }
})

/** What is loading, or an error once it has taken too long. */
async function within<T>(patience: number, loading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(
      `it was not loaded after ${patience / 1000} seconds: it awaits something that does not come`,
    )
    timer = setTimeout(() => reject(error), patience)
  })
  try {
    return await Promise.race([loading, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The files of sites that were evaluated, and are forgotten at the next reading. */
export function evaluatedFiles(): string[] {
  return [...kept]
}

type Load = (file: string) => Promise<unknown>

/**
 * Node 20 reads no TypeScript, and newer ones only a part of it; this loader reads all of it on every Node, the same
 * at start and at a reload. Nothing is cached on disk: another user could leave code there.
 */
async function freshLoader(): Promise<Load> {
  for (const path of kept) delete cache[path]
  kept.clear()
  const options = {
    fsCache: false,
    moduleCache: true,
    interopDefault: false,
    virtualModules: { oriel: (await import(SELF)) as Record<string, unknown> },
  }
  const jiti = await loaderWith(options, importInstalled)
  return (file) => jiti.import(file)
}

/** JavaScript of the site is evaluated by the loader too: what Node has imported, it never reads again. */
function importInstalled(id: string): Promise<unknown> {
  const path = id.startsWith('file:') ? fileURLToPath(id) : id
  if (isOfSite(path) && /\.[mc]?js$/.test(path)) return Promise.reject(new Error(`${path} is of the site`))
  return import(id)
}

type Inner = (id: string, options: object, context: object) => { import: Load }

/**
 * The loader, with what it asks Node to import left to us. That is what its own entry calls, and has no public name:
 * where it is not found, JavaScript that the site imports is read once.
 */
async function loaderWith(options: object, nativeImport: Load): Promise<{ import: Load }> {
  const entry = import.meta.resolve('jiti')
  const require = createRequire(entry)
  try {
    const inner = require('../dist/jiti.cjs') as Inner
    const transform = require('../dist/babel.cjs') as unknown
    const onError = (error: unknown): never => {
      throw error
    }
    return inner(import.meta.url, { ...options, transform }, { onError, nativeImport, createRequire })
  } catch {
    const { createJiti } = await import('jiti')
    return createJiti(import.meta.url, options)
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

import { basename, extname, resolve } from 'node:path'
import { type Config, ConfigError } from '../config/config.ts'
import { ModuleError, Modules } from '../config/modules.ts'
import { type Publication, type PublishOptions, publishFolded } from '../door/publish/publish.ts'
import { exportedObjects } from '../object/exported.ts'
import { parseHandle } from '../object/handle.ts'
import { type Gathered, gathered } from '../object/publishing.ts'
import { checkServerName, isName } from '../protocol/object/names.ts'
import type { Read } from '../server/reading.ts'
import { consoleLog, consoleReport } from './console.ts'
import { withConsole } from './reading.ts'
import { serveUntilStopped } from './start.ts'

interface Options {
  readonly name?: string
  readonly listen?: string
  readonly http?: string
  readonly quiet?: true
}

/** What is no file: a kind of binding handle, and more than the letter of a disk. */
const HANDLE = /^[a-z]{2,}:/

/** `oriel publish`: publishes the objects of a module until it is told to end; with `--http` for browsers too. */
export async function publishCommand(what: string, options: Options): Promise<number> {
  if (options.http !== undefined) httpAddress(options.http)
  if (HANDLE.test(what)) return servedHandle(what, options)
  checkIsModule(what)
  const publication = await published(what, options)
  process.stdout.write(`${publication.handle}\n`)
  if (options.http !== undefined) return served(publication.name, publication.handle, what, options)
  // The process ends when it is told to, and all is answered.
  return new Promise(() => undefined)
}

const MODULE = /^\.[cm]?[jt]s$/

/** @throws ConfigError for a program of another language, which Oriel cannot load. */
function checkIsModule(file: string): void {
  const suffix = extname(file)
  if (suffix === '' || MODULE.test(suffix)) return
  const program = suffix === '.py' ? 'python3 ' : suffix === '.pl' ? 'perl ' : './'
  const hint = `for a program in another language, give its command: oriel publish "command:${program}${file}" --http 8080`
  throw new ConfigError(`${file} is no module in JavaScript or TypeScript; ${hint}`)
}

async function published(file: string, options: Options): Promise<Publication> {
  const modules = new Modules()
  const {
    name,
    objects,
    options: own,
  } = await inWords(file, () => {
    const instead = (exported: unknown): Gathered | undefined => ofExports(exported, file)
    return gathered(() => modules.load(resolve(file)), instead)
  })
  const given: PublishOptions = { report: consoleReport, ...own }
  const listen = options.listen ?? given.listen
  const place: PublishOptions = listen === undefined ? given : { ...given, listen }
  return inWords(file, () => publishFolded(named(options.name ?? name), objects, { ...place, quiet: true }))
}

/** A module that publishes nothing is published under the name of its file. */
function ofExports(exported: unknown, file: string): Gathered | undefined {
  const name = basename(file, extname(file))
  const objects = exportedObjects(exported, name)
  return objects === undefined ? undefined : { name, objects, options: {} }
}

/** Objects that are published elsewhere, or that Oriel starts. */
function servedHandle(handle: string, options: Options): Promise<number> {
  if (options.http === undefined) {
    throw new ConfigError(`${handle} is a binding handle already: give --http, or the file of a module to publish`)
  }
  if (options.listen !== undefined)
    throw new ConfigError('--listen is for the file of a module, not for a binding handle')
  let name = options.name
  try {
    const parsed = parseHandle(handle)
    name ??= nameIn(
      parsed.kind === 'module' ? parsed.file : parsed.kind === 'command' ? parsed.command : parsed.address,
    )
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause })
  }
  return served(named(name), handle, handle, options)
}

/** The name of the file that a handle names last; else one that says nothing. */
function nameIn(text: string): string {
  const word =
    text
      .trim()
      .split(/\s+/)
      .findLast((one) => /\.\w+$/.test(one)) ?? ''
  const name = basename(word, extname(word))
  return isName(name) ? name : 'objects'
}

/** A site of nothing but these objects. */
function served(name: string, handle: string, what: string, { http = '', quiet }: Options): Promise<number> {
  const base = resolve('.')
  const config: Config = {
    listen: [httpAddress(http)],
    objects: { [name]: handle },
    routes: [{ match: '/', redirect: { to: '/info@root', status: 302 } }],
  }
  const log = quiet === true ? undefined : consoleLog()
  const read: Read = async (modules) => ({
    config: await withConsole(config, base, log),
    build: { base, source: { name: what }, modules },
  })
  return serveUntilStopped(read, { tls: undefined, quiet, log, config: undefined, what: `…@${name}`, hint: undefined })
}

/** @throws ConfigError for what is neither a port nor a host with a port. */
function httpAddress(text: string): { readonly host: string; readonly port: number } {
  const [, ip6, name, port] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65535) {
    throw new ConfigError(`--http ${text} is no address: give a port, or host:port`)
  }
  return { host: ip6 ?? name ?? '127.0.0.1', port: Number(port) }
}

function named(name: string): string {
  try {
    return checkServerName(name)
  } catch (cause) {
    throw new ConfigError(`${(cause as Error).message}: give another by --name`, { cause })
  }
}

async function inWords<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    if (cause instanceof ModuleError || cause instanceof TypeError) {
      throw new ConfigError(`${file}: ${cause.message}`, { cause })
    }
    throw cause
  }
}

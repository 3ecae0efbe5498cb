import { existsSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type Config, ConfigError } from '../config/config.ts'
import { findConfig } from '../config/load.ts'
import { suggestion } from '../message/suggest.ts'
import type { Read } from '../server/reading.ts'
import { consoleLog } from './console.ts'
import { configPath, configsIn, readingOf, withConsole } from './reading.ts'
import { serveUntilStopped } from './start.ts'

export interface FolderOptions {
  readonly port: string
  readonly host: string
  readonly tls?: true
  readonly quiet?: true
  readonly development?: true
  /** The folder of CGI programs, in the one that is served; true: the usual one. */
  readonly cgi?: string | true
}

interface ServeOptions {
  readonly config?: string
  readonly tls?: true
  readonly quiet?: true
  readonly replace?: true
  readonly development?: true
  readonly watch?: true
}

/** Where programs are run, and where they lie. */
const CGI_FOLDER = 'cgi-bin'

/** `oriel [folder]`: serves a folder, with index pages and listings, until it is stopped. */
export async function folderCommand(
  folder: string,
  { port, host, tls, quiet, cgi, development }: FolderOptions,
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
    routes: [
      ...(cgi === undefined ? [] : [{ match: `/${CGI_FOLDER}/*`, cgi: cgi === true ? CGI_FOLDER : resolve(cgi) }]),
      { match: '/*', files: { root, listing: true } },
    ],
    ...(development !== undefined && { development }),
    ...(existsSync(errorPage) && { errors: { 404: errorPage } }),
  }
  const what = folder === '.' ? 'this folder' : folder
  const found = findConfig(root)
  const hint =
    found === undefined
      ? undefined
      : `There is ${relative('.', found)}: "oriel serve" serves the site as it says; this serves the folder as it is.`
  const log = quiet === true ? undefined : consoleLog()
  const build = { base: root, source: { name: what }, withhold: configsIn(root) }
  const read: Read = async (modules) => ({
    config: await withConsole(config, root, log),
    build: { ...build, modules },
  })
  return serveUntilStopped(read, { tls, quiet, log, config: undefined, what, hint })
}

/** `oriel serve`: serves the site that a config describes, until it is stopped. */
export async function serveCommand(options: ServeOptions): Promise<number> {
  const { config: named, tls, quiet, replace, watch, development } = options
  const path = configPath(named)
  if (replace === true) {
    const given = { tls, quiet, watch, development }
    const flags = Object.entries(given).flatMap(([name, wanted]) => (wanted === true ? [`--${name}`] : []))
    const { replaceCommand } = await import('./reload.ts')
    return replaceCommand(path, ['serve', '--config', resolve(path), ...flags])
  }
  const log = quiet === true ? undefined : consoleLog()
  const read = readingOf(path, log, development)
  return serveUntilStopped(read, { tls, quiet, log, config: path, what: path, hint: undefined, watch, development })
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new ConfigError(`${text} is no port: give a number from 0 to 65535`)
  return port
}

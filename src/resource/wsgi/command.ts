import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { WsgiOptions } from './options.ts'

/** How a WSGI application is started. */
export interface WsgiCommand {
  /** The program and its arguments; `$SOCKET` is where it listens. */
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly protocol: 'fastcgi'
  /** Requests at once. */
  readonly connections: number
  readonly ahead: number
}

/**
 * Requests that a fast process is given beyond those that it works on, as its host knows too: it finds the next one as soon
 * as it has done with one. To wait for it would take the turn through both processes, which is more than a small request takes.
 */
const AHEAD = 15

/** Where the host lies in the package. */
const HOST = 'python/oriel/wsgi'

/**
 * A module, and what of it: a name, its attributes, or a call without arguments. The host says the same where it
 * cannot find it; here it is told before anything is started.
 */
const APPLICATION = /^[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*(?::[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*(?:\(\))?)?$/u

/** @throws TypeError for what names no module. */
export function wsgiModule(text: string): string {
  if (APPLICATION.test(text) && !/\.py(?::|$)/.test(text)) return text
  const file = /^\.?\/?(.+)\.py(?::(.+))?$/.exec(text)
  const meant = file?.[1] === undefined ? '' : ` ${file[1].replaceAll('/', '.')}:${file[2] ?? 'application'}`
  throw new TypeError(
    `${text} names no module and what of it is called${meant === '' ? ': expected such as mysite.wsgi:application' : `; is it${meant}?`}`,
  )
}

/**
 * The command that serves an application by the host of this package, started by the path of its folder: so neither the
 * folder of the application nor its PYTHONPATH can stand in the way of it.
 * @param base The folder of the config. @throws TypeError for what names no module.
 */
export function wsgiCommand(options: WsgiOptions, base: string): WsgiCommand {
  const { path = '.', threads = 1, python = 'python3', processes = 1, env = {}, timeouts } = options
  const several = typeof processes === 'number' ? processes > 1 : processes.max > 1
  const grace = (timeouts?.stop ?? 10_000) / 1000
  return {
    command: [
      // A name without a folder is looked for on PATH.
      python.includes('/') ? resolve(base, python) : python,
      host(),
      wsgiModule(options.module),
      '--socket',
      '$SOCKET',
      '--threads',
      String(threads),
      '--grace',
      String(grace),
      ...(several ? ['--multiprocess'] : []),
    ],
    cwd: resolve(base, path),
    env,
    protocol: 'fastcgi',
    connections: threads,
    ahead: AHEAD,
  }
}

/** The folder of the host, beside that of the compiled code, wherever this file is in it. */
function host(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const found = join(folder, HOST)
    if (existsSync(found)) return found
    if (folder === dirname(folder)) throw new Error(`${HOST} is missing in this installation of Oriel`)
  }
}

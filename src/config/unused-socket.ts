import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ApplicationSpec } from '../process/specification.ts'
import { applicationOf } from '../resource/app/specification.ts'
import type { Config } from './config.ts'

/** How a server is told where it listens, and where it may say so itself. */
interface Known {
  readonly option: string
  /** The options that name a config of its own; without, it knows its command line only. */
  readonly config?: RegExp
  /** What it reads without being told, in the folder where it runs. */
  readonly file?: string
}

const SERVERS: Readonly<Record<string, Known>> = {
  daphne: { option: '-u $SOCKET' },
  gunicorn: { option: '--bind unix:$SOCKET', config: /^(?:-c|--config)/, file: 'gunicorn.conf.py' },
  hypercorn: { option: '--bind unix:$SOCKET', config: /^(?:-c|--config)/ },
  'php-cgi': { option: '-b $SOCKET' },
  'php-fpm': { option: '-y with a config that listens on $SOCKET', config: /^(?:-y|--fpm-config)/ },
  puma: { option: '-b unix://$SOCKET', config: /^(?:-C|--config)/, file: 'config/puma.rb' },
  thin: { option: '--socket $SOCKET', config: /^(?:-C|--config)/ },
  unicorn: { option: '--listen $SOCKET', config: /^(?:-c|--config)/ },
  uvicorn: { option: '--uds $SOCKET' },
  uwsgi: { option: '--http-socket $SOCKET', config: /^--?(?:ini|yaml|yml|json|xml)\b|\.(?:ini|ya?ml|json|xml)$/ },
  'waitress-serve': { option: '--unix-socket=$SOCKET' },
}

/** What is told of a command that does not say where a well-known server listens. */
export interface UnusedSocket {
  readonly told: string
  /** Whether it can never work: it is the server itself, which learns of its socket in no other way. */
  readonly certain: boolean
}

/** Looks for a server that is not told its socket, and would only be found out when `timeouts.start` is over. */
export function unusedSocket({ command, cwd }: ApplicationSpec): UnusedSocket | undefined {
  if (command.some((word) => word.includes('$SOCKET'))) return undefined
  // Behind `bundle exec`, `python -m` or `poetry run`, too.
  const at = command.findIndex((word) => Object.hasOwn(SERVERS, nameOf(word)))
  const name = nameOf(command[at] ?? '')
  const server = at < 0 ? undefined : SERVERS[name]
  if (server === undefined) return undefined
  const { option, config, file } = server
  if (config !== undefined && command.some((word) => config.test(word))) return undefined
  if (file !== undefined && existsSync(join(cwd, file))) return undefined
  const itself = at === 0 || (at === 2 && command[1] === '-m')
  const told = `$SOCKET, where Oriel looks for it, is nowhere in its command: give ${name} ${option}`
  return { told, certain: itself && config === undefined }
}

/** What an operator should know of applications that may listen elsewhere, in one sentence each. */
export function socketWarnings({ routes }: Config, base: string): string[] {
  return routes.flatMap(({ app }, i) => {
    const unused = app === undefined ? undefined : unusedSocket(applicationOf(app, base))
    return unused === undefined ? [] : [`routes[${i}].app: ${unused.told}, unless it is told in another way.`]
  })
}

/** `php-fpm` of `/usr/sbin/php-fpm8.2`. */
function nameOf(word: string): string {
  return basename(word).replace(/[\d.]+$/, '')
}

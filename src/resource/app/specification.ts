import { resolve } from 'node:path'
import type { ApplicationSpec } from '../../process/specification.ts'
import { wordsOf } from './command-line.ts'
import type { AppOptions, ProcessOptions } from './options.ts'

/** What an application is called by, and what decides whether two are the same one. */
type Identity = Pick<ApplicationSpec, 'name' | 'command' | 'protocol' | 'cwd' | 'env' | 'connections' | 'ahead'>

/** Requests at once that a process takes of which nothing is known. */
const CONNECTIONS = 128
/** The same where more processes may be started: else none ever would be. */
const CONNECTIONS_SCALED = 16

/** What `app:` says, with all paths absolute. @param base The folder of the config. @throws TypeError for no command. */
export function applicationOf(given: string | AppOptions, base: string): ApplicationSpec {
  const options = optionsOf(given)
  const { command, protocol = 'http', path = '.', env = {} } = options
  const [program = '', ...args] = typeof command === 'string' ? wordsOf(command) : command
  if (program === '') throw new TypeError('command is empty: give a program and its arguments')
  // A name without a folder is looked for on PATH.
  const file = program.includes('/') ? resolve(base, program) : program
  const { min, max } = countOf(options)
  return specificationOf(options, {
    name: `app ${[program, ...args].join(' ')}`,
    command: [file, ...args],
    protocol,
    cwd: resolve(base, path),
    env,
    connections: options.connections ?? (min < max ? CONNECTIONS_SCALED : CONNECTIONS),
  })
}

export function optionsOf(given: string | AppOptions): AppOptions {
  return typeof given === 'string' ? { command: given } : given
}

/** How processes are run, by what is known of their program. */
export function specificationOf(options: ProcessOptions, identity: Identity): ApplicationSpec {
  const { user, group, limits = {}, maxRequests, maxMemory, reload = 'replace', timeouts = {} } = options
  const { name, command, protocol, cwd, env } = identity
  const { start = 30_000, stop = 10_000, spare = 60_000 } = timeouts
  return {
    ...identity,
    name: name.length > 80 ? `${name.slice(0, 79)}…` : name,
    key: digest(JSON.stringify([command, protocol, cwd, Object.entries(env).sort(), user, group, limits])),
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group }),
    limits,
    processes: countOf(options),
    ...(maxRequests !== undefined && { maxRequests }),
    ...(maxMemory !== undefined && { maxMemory }),
    timeouts: { start, stop, idle: spare },
    reload,
  }
}

/** It is told by `oriel status --json`, and variables are where secrets are. */
function digest(text: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(text).digest('base64url')
}

function countOf({ processes = 1 }: ProcessOptions): { readonly min: number; readonly max: number } {
  const { min, max } = typeof processes === 'number' ? { min: processes, max: processes } : processes
  if (min > max) throw new TypeError(`processes has min ${min}, which is more than max ${max}`)
  return { min, max }
}

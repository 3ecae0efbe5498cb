import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { ApplicationSpec } from '../process/specification.ts'
import { applicationOf } from '../resource/app/specification.ts'
import { wsgiApplicationOf } from '../resource/wsgi/specification.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { objectApplicationOf, objectEnds } from './object-ends.ts'
import type { KeyPath } from './place.ts'
import { checkFolder } from './programs.ts'
import { unusedSocket } from './unused-socket.ts'

interface Named {
  readonly spec: ApplicationSpec
  /** Where the config names it. */
  readonly path: KeyPath
}

/**
 * The applications that a config has run. Routes that say the same have the same one.
 * @throws ConfigError for a command that cannot be, and for one application that is to be run in two ways.
 */
export function applicationsOf(config: Config, base: string, source: Source): ApplicationSpec[] {
  const found = new Map<string, ApplicationSpec>()
  for (const { spec, path } of named(config, base, source)) {
    const other = found.get(spec.key)
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(spec)) {
      const why = 'is the same application as that of a route before, which says otherwise how it is run'
      throw new ConfigError(faultAt(path, why, source))
    }
    found.set(spec.key, spec)
  }
  return [...found.values()]
}

/**
 * The keys of applications by where the config names them. A config may say otherwise each time that it is evaluated, as
 * by a date in `env`, and so may who calls an application and who runs it: what they have in common is the place.
 */
export function applicationKeys(config: Config, base: string, source: Source): Readonly<Record<string, string>> {
  return Object.fromEntries([...named(config, base, source)].map(({ spec, path }) => [path.join('/'), spec.key]))
}

/** Whether the programs and folders are there. @throws ConfigError that names the first that is not. */
export function checkApplications(config: Config, base: string, source: Source): void {
  for (const { spec, path } of named(config, base, source)) {
    const refuse = (where: KeyPath, why: string): never => {
      throw new ConfigError(faultAt(where, why, source))
    }
    checkFolder(spec.cwd, path, refuse)
    const unused = unusedSocket(spec)
    if (unused?.certain === true) refuse(path, unused.told)
    const [program = ''] = spec.command
    const search = spec.env['PATH'] ?? process.env['PATH'] ?? ''
    if (/^\w+=/.test(program)) refuse(path, `${program} is no program: variables go into env`)
    if (!program.includes('/')) {
      if (!search.split(delimiter).some((folder) => isProgram(join(folder, program)))) {
        refuse(path, `there is no program ${program} on PATH: install it, or give its path`)
      }
    } else if (!isProgram(program)) refuse(path, `there is no program ${program}, or this user may not execute it`)
  }
}

function* named(config: Config, base: string, source: Source): Generator<Named> {
  for (const [i, { app, wsgi }] of config.routes.entries()) {
    if (app === undefined && wsgi === undefined) continue
    const path = ['routes', i, app === undefined ? 'wsgi' : 'app']
    try {
      if (app !== undefined) yield { spec: applicationOf(app, base), path }
      if (wsgi !== undefined) yield { spec: wsgiApplicationOf(wsgi, base), path }
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause
      throw new ConfigError(faultAt(path, cause.message, source), { cause })
    }
  }
  for (const end of objectEnds(config, base, source)) {
    const spec = objectApplicationOf(end, base)
    if (spec !== undefined) yield { spec, path: end.path }
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

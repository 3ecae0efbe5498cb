import { resolve } from 'node:path'
import { type Handle, isHandle, parseHandle } from '../object/handle.ts'
import type { ApplicationSpec } from '../process/specification.ts'
import { applicationOf } from '../resource/app/specification.ts'
import { checkServer } from './check-objects.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { type ObjectServerOptions, serverOptions } from './object-options.ts'
import type { KeyPath } from './place.ts'

/** An object server that a config names by a handle: alone, or as a member of an alias. */
export interface ObjectEnd {
  /** The name of the object server. */
  readonly name: string
  /** As it was written. */
  readonly text: string
  /** Paths are absolute. */
  readonly handle: Handle
  readonly options: ObjectServerOptions
  /** Where the config names it. */
  readonly path: KeyPath
}

/** All of a config. @param base The folder that relative paths are taken from. @throws ConfigError for what cannot be. */
export function* objectEnds(
  { objects = {} }: Pick<Config, 'objects'>,
  base: string,
  source: Source,
): Generator<ObjectEnd> {
  const refuse = refusing(source)
  for (const [name, given] of Object.entries(objects)) {
    checkServer(name, given, refuse)
    const options = serverOptions(given)
    const path = ['objects', name, ...(options === given ? ['handle'] : [])]
    if (typeof options.handle === 'string') yield endOf(options.handle, { name, options, path }, base)
    else {
      for (const [i, text] of options.handle.entries()) {
        if (isHandle(text)) yield endOf(text, { name, options: { handle: text }, path: [...path, i] }, base)
      }
    }
  }
}

/** Makes faults of a config. */
export function refusing(source: Source): (path: KeyPath, cause: Error) => never {
  return (path, cause) => {
    throw new ConfigError(faultAt(path, cause.message, source), { cause })
  }
}

function endOf(text: string, about: Pick<ObjectEnd, 'name' | 'options' | 'path'>, base: string): ObjectEnd {
  return { ...about, text, handle: absolute(parseHandle(text), base) }
}

function absolute(handle: Handle, base: string): Handle {
  if (handle.kind === 'module') return { ...handle, file: resolve(base, handle.file) }
  if (handle.kind !== 'fastcgi' || !handle.address.startsWith('unix:')) return handle
  return { ...handle, address: `unix:${resolve(base, handle.address.slice('unix:'.length))}` }
}

/** What is run for an object server; undefined for one that is not a command. @throws TypeError for a command that cannot be. */
export function objectApplicationOf({ name, handle, options }: ObjectEnd, base: string): ApplicationSpec | undefined {
  if (handle.kind !== 'command') return undefined
  const { handle: _, access: __, url: ___, env = {}, ...run } = options
  const command = { ...run, command: handle.command, protocol: 'fastcgi' as const }
  const spec = applicationOf({ ...command, env: { ...env, ORIEL_PUBLISH: name } }, base)
  return { ...spec, name: `object server ${name}` }
}

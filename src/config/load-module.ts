import { resolve } from 'node:path'
import { handlerOf } from '../message/dispatch.ts'
import type { Handler } from '../message/interface.ts'
import { Response } from '../message/response.ts'
import { explaining } from '../resource/explain.ts'
import { ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import { ModuleError, type Modules } from './modules.ts'
import type { KeyPath } from './place.ts'

/** Where a module is named. */
export interface Naming {
  readonly base: string
  readonly source: Source
  /** Only to explain: nothing is loaded. */
  readonly explaining?: boolean
}

/** What a module of the site exports, which is a resource. @throws ConfigError that says where it is named, and why not. */
export async function loadModule(named: string, path: KeyPath, modules: Modules, naming: Naming): Promise<unknown> {
  const { base, source, explaining: toExplain } = naming
  const file = resolve(base, named)
  if (toExplain === true) return unloaded(file)
  const fault = (cause: Error): ConfigError => new ConfigError(faultAt(path, cause.message, source), { cause })
  let module: unknown
  try {
    module = await modules.load(file)
  } catch (cause) {
    throw cause instanceof ModuleError ? fault(cause) : cause
  }
  try {
    handlerOf(module)
  } catch (cause) {
    throw cause instanceof ConfigError ? cause : fault(cause as Error)
  }
  return module
}

function unloaded(file: string): Handler {
  return explaining(
    () => new Response(null, { status: 503 }),
    async () => [['module', file]],
  )
}

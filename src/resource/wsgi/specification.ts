import type { ApplicationSpec } from '../../process/specification.ts'
import { specificationOf } from '../app/specification.ts'
import { wsgiCommand } from './command.ts'
import type { WsgiOptions } from './options.ts'

/** What `wsgi:` says, with all paths absolute. @param base The folder of the config. @throws TypeError for what names no module. */
export function wsgiApplicationOf(given: string | WsgiOptions, base: string): ApplicationSpec {
  const options = wsgiOptionsOf(given)
  return specificationOf(options, { name: `wsgi ${options.module}`, ...wsgiCommand(options, base) })
}

export function wsgiOptionsOf(given: string | WsgiOptions): WsgiOptions {
  return typeof given === 'string' ? { module: given } : given
}

import type { Access } from '../access/access.ts'
import type { Config } from './config.ts'
import { serverOptions } from './object-options.ts'

/** Who may call the objects of each server that says so, by its name. */
export function objectAccess({ objects = {} }: Pick<Config, 'objects'>): Readonly<Record<string, Access>> {
  const found: Record<string, Access> = Object.create(null)
  for (const [name, given] of Object.entries(objects)) {
    const { access } = serverOptions(given)
    if (access !== undefined) found[name] = access
  }
  return found
}

import type { Config } from './config.ts'
import { serverOptions } from './object-options.ts'

/** The object servers of a config, with where their objects live, in one sentence each. */
export function objectLines({ objects = {} }: Config): string[] {
  return Object.entries(objects).map(([name, given]) => {
    const { handle, processes = 1 } = serverOptions(given)
    if (typeof handle !== 'string') return `objects.${name}: the least busy of ${handle.join(', ')}`
    if (handle.startsWith('module:')) return `objects.${name}: ${handle}, in each engine process`
    if (!handle.startsWith('command:')) return `objects.${name}: ${handle}, which runs by itself`
    const { min, max } = typeof processes === 'number' ? { min: processes, max: processes } : processes
    const count = min === max ? `${min}` : `${min} to ${max}`
    return `objects.${name}: ${handle}, ${count} ${max === 1 ? 'process' : 'processes'} that Oriel runs`
  })
}

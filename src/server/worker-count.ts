import { availableParallelism } from 'node:os'
import type { Config } from '../config/config.ts'

/** How many engine processes a config asks for. */
export function workersOf({ workers = 1 }: Config): number {
  return workers === 'auto' ? availableParallelism() : workers
}

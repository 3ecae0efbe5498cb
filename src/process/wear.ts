import type { ApplicationProcess } from './application-process.ts'
import { takesConnections } from './ready.ts'
import type { ApplicationSpec } from './specification.ts'

const MIB = 1 << 20
/** A process that takes no connections at so many looks in a row is replaced. */
const DEAF = 3
/** So many requests in a row that time out are the fault of the process. */
const HUNG = 3
/** The processes of an application reach their limits in so many steps, within its last tenth. */
const STEPS = 8

/** Why a process is to be replaced by what it has served. Limits differ a little: not all are reached at once. */
export function hasServed({ id, requests }: ApplicationProcess, { maxRequests }: ApplicationSpec): string | undefined {
  if (maxRequests === undefined) return undefined
  const earlier = Math.floor((maxRequests / 10) * ((id % STEPS) / STEPS))
  return requests < maxRequests - earlier ? undefined : `it has served ${requests} requests`
}

/** Why a process is to be replaced by what it left without an answer. @param late Requests in a row. */
export function hangs(late: number): string | undefined {
  return late < HUNG ? undefined : `it has left ${late} requests in a row without an answer`
}

/** Why a process is to be replaced by how it is. @param memory Bytes, with all that it started. */
export async function isWorn(
  process: ApplicationProcess,
  { maxMemory = Number.POSITIVE_INFINITY }: ApplicationSpec,
  memory: number,
): Promise<string | undefined> {
  const size = Math.ceil(memory / MIB)
  if (size > maxMemory) return `it needs ${size} MiB of memory`
  const takes = await takesConnections(process.path)
  if (takes !== undefined) process.deaf = takes ? 0 : process.deaf + 1
  return process.deaf < DEAF ? undefined : 'it takes no connections any more'
}

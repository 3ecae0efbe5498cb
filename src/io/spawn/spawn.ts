import type { SpawnEvents, Spawned, Spawner, SpawnOptions } from './contract.ts'

export type { Exit, SpawnEvents, Spawned, SpawnedInput, SpawnOptions } from './contract.ts'
export { SpawnFailed } from './failed.ts'

/** How programs are started in this process, and why not in a faster way. */
export interface SpawnMethod {
  readonly name: 'posix_spawn by koffi' | 'posix_spawn by node:ffi' | 'child_process'
  /** Why the ways before it are not used; undefined for the first. */
  readonly reason: string | undefined
}

interface Chosen {
  readonly method: SpawnMethod
  readonly spawner: Spawner
}

let chosen: Chosen | undefined
let choosing: Promise<Chosen> | undefined

/**
 * Starts a program: in the fastest way that works here, found out at the first start.
 * @throws {SpawnFailed} or a promise that is rejected with it.
 */
export function spawnProcess(options: SpawnOptions, events: SpawnEvents): Promise<Spawned> | Spawned {
  if (chosen !== undefined) return chosen.spawner.spawn(options, events)
  return choose().then(({ spawner }) => spawner.spawn(options, events))
}

/** How programs are started here, for `oriel check`. */
export async function spawnMethod(): Promise<SpawnMethod> {
  return (await choose()).method
}

function choose(): Promise<Chosen> {
  choosing ??= find().then((found) => {
    chosen = found
    return found
  })
  return choosing
}

/** `ORIEL_SPAWN` names one way to try before the last: `koffi`, `node` or `plain`. */
async function find(): Promise<Chosen> {
  const wanted = process.env.ORIEL_SPAWN
  const refusal = wanted === 'plain' ? 'ORIEL_SPAWN=plain asks for it' : unfit()
  if (refusal !== undefined) return plain(refusal)
  const reasons: string[] = []
  for (const { name, key, load } of NATIVE) {
    if (wanted !== undefined && wanted !== key) continue
    try {
      const { NativeSpawner } = await import('./native.ts')
      const spawner = await NativeSpawner.open(await load())
      return { spawner, method: { name, reason: reasons.length === 0 ? undefined : reasons.join('; ') } }
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`)
    }
  }
  return plain(reasons.join('; '))
}

const NATIVE = [
  { key: 'koffi', name: 'posix_spawn by koffi', load: async () => (await import('./koffi.ts')).libcByKoffi() },
  { key: 'node', name: 'posix_spawn by node:ffi', load: async () => (await import('./node-ffi.ts')).libcByNode() },
] as const

/** Why the C library is not called here at all. */
function unfit(): string | undefined {
  if (process.platform !== 'linux') return `posix_spawn is used on Linux only, this is ${process.platform}`
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `posix_spawn is not tried on ${process.arch}`
  if (!process.getBuiltinModule('node:worker_threads').isMainThread) return 'signals do not reach worker threads'
  return undefined
}

async function plain(reason: string): Promise<Chosen> {
  const { PlainSpawner } = await import('./plain.ts')
  return { spawner: new PlainSpawner(), method: { name: 'child_process', reason } }
}

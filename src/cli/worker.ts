import { accessSync, constants } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../config/config.ts'
import { become, type Identity } from '../server/identity.ts'
import { work } from '../server/worker.ts'
import { consoleLog } from './console.ts'
import { readingOf } from './reading.ts'

/* The program of an engine process: started by `oriel serve`, never by hand. */

/** What its primary tells it on its command line. */
export interface WorkerArguments {
  readonly config: string
  readonly quiet: boolean
  /** In milliseconds. */
  readonly hang: number
  readonly identity?: Identity
}

/** What everybody who serves must be able to read. */
const OWN = fileURLToPath(new URL('../index.js', import.meta.url))

process.on('SIGUSR1', () => undefined)
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const { config, quiet, hang, identity } = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments
const refused = identity === undefined ? undefined : refusalOf(identity)
process.title = `oriel worker: ${config}`
const log = quiet ? undefined : consoleLog()
await work(refused === undefined ? readingOf(config, log) : () => Promise.reject(refused), hang)
process.exit(0)

/** Why this process cannot be who it should be: its primary is told so, and nothing is read then. */
function refusalOf(identity: Identity): Error | undefined {
  const { user, group } = identity
  try {
    become(identity)
  } catch (cause) {
    return new ConfigError(`the workers cannot become user ${user}, group ${group}: ${(cause as Error).message}`, {
      cause,
    })
  }
  // Parts of it are loaded when they are needed.
  try {
    accessSync(OWN, constants.R_OK)
    return undefined
  } catch (cause) {
    return new ConfigError(`the user ${user} cannot read Oriel itself (${OWN}): install it where all may read it`, {
      cause,
    })
  }
}

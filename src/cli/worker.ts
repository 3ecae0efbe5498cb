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

process.on('SIGUSR1', () => undefined)
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const { config, quiet, hang, identity } = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments
if (identity !== undefined) become(identity)
process.title = `oriel worker: ${config}`
const log = quiet ? undefined : consoleLog()
await work(readingOf(config, log), hang)
log?.end()
process.exit(0)

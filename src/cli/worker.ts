import { withTls } from '../config/development.ts'
import { become, type Identity } from '../server/identity.ts'
import type { Read } from '../server/reading.ts'
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
  /** The certificate for development; its content comes from the primary. */
  readonly tls?: string
}

process.on('SIGUSR1', () => undefined)
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const { config, quiet, hang, identity, tls } = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments
if (identity !== undefined) become(identity)
process.title = `oriel worker: ${config}`
const log = quiet ? undefined : consoleLog()
const read = readingOf(config, log)
const secured: Read = async (modules) => {
  const reading = await read(modules)
  return tls === undefined ? reading : { ...reading, config: withTls(reading.config, tls) }
}
await work(secured, hang)
log?.end()
process.exit(0)

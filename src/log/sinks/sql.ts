import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Batch } from './batch.ts'
import { isInstalled } from './installed.ts'
import { type Outlet, Undeliverable } from './outlet.ts'
import type { SqlOptions } from './place.ts'
import type { FromThread, ThreadSetup, ToThread } from './sql-thread.ts'

/** How long a batch may take, in milliseconds: longer than SQLite itself waits for somebody else's lock. */
const PATIENCE = 15_000
const PEER = 'libsql'
/** What the program of the thread is called beside this file: compiled, or as it was written. */
const PROGRAM = new URL(import.meta.url.endsWith('.ts') ? './sql-thread.ts' : './sql-thread.js', import.meta.url)

/** Columns of a table of requests, and the keys of the JSON lines that they get; their types by the kind of value. */
export const COLUMNS: Readonly<Record<string, string>> = {
  time: 'time',
  method: 'method',
  uri: 'uri',
  protocol: 'protocol',
  host: 'host',
  status: 'status',
  content_length: 'contentLength',
  content_type: 'contentType',
  remote_ip: 'remoteIp',
  remote_name: 'remoteName',
  user: 'user',
  route: 'route',
  resource: 'resource',
  bytes_in: 'bytesIn',
  bytes_out: 'bytesOut',
  first_byte: 'firstByte',
  duration: 'duration',
  referrer: 'referrer',
  agent: 'agent',
  request_id: 'requestId',
  aborted: 'aborted',
  error: 'error',
  backend: 'backend',
}

/**
 * A table of an SQLite database, which JSON lines become rows of. The database is written by a thread of its own, so that
 * neither a slow disk nor somebody else's lock holds up anything.
 */
export class SqlOutlet implements Outlet {
  readonly #setup: ThreadSetup
  #thread: Worker | undefined
  #answered: ((message: FromThread) => void) | undefined

  /** @throws TypeError or Error that says what is wrong, and what to install. */
  constructor({ file, table = 'requests', columns = COLUMNS }: SqlOptions) {
    const driver = driverOf()
    const folder = dirname(file)
    if (!existsSync(folder)) throw new Error(`the database ${file} has no folder: make ${folder} first`)
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error(`${file} is a folder`)
    this.#setup = { file, table, columns: Object.entries(columns), driver }
  }

  async send({ lines }: Batch): Promise<void> {
    const { error, refused } = await this.#ask({ insert: lines })
    if (error !== undefined) throw new Error(error)
    if (refused > 0) throw new Undeliverable('rows do not fit the table', { lines: refused })
  }

  async close(): Promise<void> {
    if (this.#thread === undefined) return
    await this.#ask({ close: true }).catch(() => undefined)
    await this.#thread?.terminate()
  }

  #ask(message: ToThread): Promise<FromThread> {
    const thread = this.#started()
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`the database has not answered for ${PATIENCE / 1000} seconds`))
        this.#end(thread)
      }, PATIENCE).unref()
      this.#answered = (answer) => {
        clearTimeout(late)
        this.#answered = undefined
        thread.unref()
        resolve(answer)
      }
      // A process that waits for nothing else waits for this.
      thread.ref()
      thread.postMessage(message)
    })
  }

  #started(): Worker {
    if (this.#thread !== undefined) return this.#thread
    const thread = new Worker(PROGRAM, { workerData: this.#setup, stdout: true, stderr: true })
    this.#thread = thread
    thread.on('message', (message: FromThread) => this.#answered?.(message))
    thread.on('error', ({ message }) => this.#answered?.({ error: message, refused: 0 }))
    thread.on('exit', () => {
      this.#end(thread)
      this.#answered?.({ error: 'the thread of the database has ended', refused: 0 })
    })
    return thread
  }

  #end(thread: Worker): void {
    if (this.#thread === thread) this.#thread = undefined
    void thread.terminate()
  }
}

/** Node's own SQLite where it has one (22.13 on without a flag), else the optional peer. @throws Error with the install line. */
function driverOf(): ThreadSetup['driver'] {
  if (process.getBuiltinModule('node:sqlite') !== undefined) return 'node:sqlite'
  if (isInstalled(PEER)) return PEER
  throw new Error(`this Node (${process.version}) has no SQLite: npm install ${PEER}, or use Node 22.13 or later`)
}

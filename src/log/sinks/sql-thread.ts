import { parentPort, workerData } from 'node:worker_threads'

/* The program of the thread that writes to a database. */

export interface ThreadSetup {
  readonly file: string
  readonly table: string
  /** Names of columns, and of the keys whose values they get. */
  readonly columns: readonly (readonly [column: string, key: string])[]
  readonly driver: 'node:sqlite' | 'libsql'
}

export type ToThread = { readonly insert: readonly string[] } | { readonly close: true }

export interface FromThread {
  /** Why nothing was written; it may be tried again. */
  readonly error: string | undefined
  /** Rows that the table refused; the others are there. */
  readonly refused: number
}

type Value = string | number | null

/** What both drivers have. */
interface Database {
  exec(sql: string): void
  prepare(sql: string): { run(...values: (Value | Value[])[]): unknown }
  close(): void
}

/** Milliseconds that SQLite waits for somebody else's lock. */
const BUSY = 3_000
/** Keys whose values are numbers; all others are texts. */
const NUMBERS: ReadonlySet<string> = new Set([
  'status',
  'contentLength',
  'bytesIn',
  'bytesOut',
  'firstByte',
  'duration',
  'aborted',
])

const { file, table, columns, driver } = workerData as ThreadSetup
let open: { readonly database: Database; readonly insert: ReturnType<Database['prepare']> } | undefined

parentPort?.on('message', async (message: ToThread) => {
  if ('close' in message) {
    open?.database.close()
    open = undefined
    return tell({ error: undefined, refused: 0 })
  }
  try {
    open ??= await opened()
    tell({ error: undefined, refused: inserted(open, message.insert) })
  } catch (error) {
    tell({ error: (error as Error).message, refused: 0 })
  }
})

function tell(message: FromThread): void {
  parentPort?.postMessage(message)
}

async function opened(): Promise<NonNullable<typeof open>> {
  const database = await load()
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY}`)
    // Readers do not hold up whoever writes, nor the other way round.
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = NORMAL')
    const defined = columns.map(([column, key]) => `${quoted(column)} ${typeOf(key)}`)
    database.exec(`CREATE TABLE IF NOT EXISTS ${quoted(table)} (${defined.join(', ')})`)
    const names = columns.map(([column]) => quoted(column))
    const places = columns.map(() => '?')
    const insert = database.prepare(`INSERT INTO ${quoted(table)} (${names.join(', ')}) VALUES (${places.join(', ')})`)
    return { database, insert }
  } catch (error) {
    database.close()
    throw error
  }
}

async function load(): Promise<Database> {
  if (driver === 'node:sqlite') {
    const sqlite = process.getBuiltinModule('node:sqlite') as unknown as {
      DatabaseSync: new (path: string) => Database
    }
    return new sqlite.DatabaseSync(file)
  }
  const name: string = driver
  const { default: Driver } = (await import(name)) as { default: new (path: string) => Database }
  return new Driver(file)
}

/** All rows in one transaction. @returns How many were refused. @throws where none could be written. */
function inserted({ database, insert }: NonNullable<typeof open>, lines: readonly string[]): number {
  let refused = 0
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const line of lines) {
      const row = rowOf(line)
      if (row === undefined) {
        refused++
        continue
      }
      try {
        // The peer takes a lone null for a list of names.
        if (driver === 'libsql') insert.run(row)
        else insert.run(...row)
      } catch (error) {
        if (!isRefusal(error)) throw error
        refused++
      }
    }
    database.exec('COMMIT')
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite has already done so.
    }
    throw error
  }
  return refused
}

/** Values by column; undefined for what is no JSON object. */
function rowOf(line: string): Value[] | undefined {
  try {
    const record = JSON.parse(line) as Readonly<Record<string, unknown>> | null
    if (typeof record !== 'object' || record === null) return undefined
    return columns.map(([, key]) => cellOf(record[key]))
  } catch {
    return undefined
  }
}

/** What a table that is made gets: a time stays what it is, a number or a text. */
function typeOf(key: string): string {
  if (key === 'time') return ''
  return NUMBERS.has(key) ? 'NUMERIC' : 'TEXT'
}

function cellOf(value: unknown): Value {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return JSON.stringify(value)
}

/** A row that breaks a rule of the table, which somebody made: SQLITE_CONSTRAINT (19) and SQLITE_MISMATCH (20). */
function isRefusal(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: number; code?: string }
  if (errcode !== undefined) return (errcode & 0xff) === 19 || (errcode & 0xff) === 20
  return /^SQLITE_(?:CONSTRAINT|MISMATCH)/.test(code ?? '')
}

/** A name as SQL has it, whatever it consists of. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

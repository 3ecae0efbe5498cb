import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ErrorLogOptions } from '../log/error-log-options.ts'
import type { LogOptions } from '../log/options.ts'
import type { Place } from '../log/sinks/place.ts'
import type { Config } from './config.ts'
import type { KeyPath } from './place.ts'

/** All places that the logs of a config go to. */
export function placesOf({ log, errorLog }: Config): Place[] {
  return [...linePlaces(log), ...(errorLog === undefined ? [] : [errorPlace(errorLog)])]
}

/** Whether anything of a config is told to more than Logger objects of its own. */
export function writesLogs({ log, errorLog }: Config): boolean {
  return errorLog !== undefined || linePlaces(log).length > 0 || loggerObjects(log).length > 0
}

/** The places of lines for requests; none where all are told who are objects: of their own, or published ones. */
export function linePlaces(log: Config['log'] = []): Place[] {
  const places: Place[] = []
  for (const entry of log as readonly unknown[]) {
    if (typeof entry === 'string') places.push('stdout')
    else if (typeof entry === 'object' && entry !== null && !('logRequest' in entry) && !('object' in entry)) {
      places.push((entry as LogOptions).to ?? 'stdout')
    }
  }
  return places
}

/** The objects that are told of exchanges, by their addresses, and where the config names them. */
export function loggerObjects(log: Config['log'] = []): { readonly address: string; readonly path: KeyPath }[] {
  return (log as readonly unknown[]).flatMap((entry, i) => {
    const { object } = Object(entry) as LogOptions
    return typeof object === 'string' ? [{ address: object, path: ['log', i, 'object'] }] : []
  })
}

/** The columns of a table of reports, and the keys of the JSON entries that they get. */
const ERROR_COLUMNS: Readonly<Record<string, string>> = {
  time: 'time',
  level: 'level',
  event: 'event',
  request_id: 'requestId',
  error: 'error',
  stack: 'stack',
}

/** Where the error log goes. A table of its has other columns than one of requests. */
export function errorPlace({ to = 'stderr' }: ErrorLogOptions): Place {
  if (typeof to !== 'object' || !('sql' in to)) return to
  return { sql: { table: 'errors', columns: ERROR_COLUMNS, ...to.sql } }
}

/** What SQLite keeps beside a database: a journal where its file system has no place for the other two. */
const BESIDE_SQLITE = ['-wal', '-shm', '-journal']

/** The files of logs, absolute, which no route serves. */
export function logPaths(config: Config, base: string): string[] {
  const files = placesOf(config).flatMap((to) => {
    if (typeof to !== 'object') return []
    if ('file' in to) return [to.file]
    return 'sql' in to ? [to.sql.file, ...BESIDE_SQLITE.map((end) => `${to.sql.file}${end}`)] : []
  })
  return files.map((file) => resolve(base, file))
}

/** What opening would say of a place, as far as it can be known before. @throws by `refuse`. */
export function checkPlace(to: Place | undefined, base: string, refuse: (cause: Error) => never): void {
  const named = typeof to !== 'object' ? undefined : 'file' in to ? to.file : 'sql' in to ? to.sql.file : undefined
  if (named === undefined) return
  const file = resolve(base, named)
  const folder = dirname(file)
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) refuse(new Error(`${file} is a folder: name a file in it`))
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    refuse(new Error(`there is no folder ${folder}: make it, or name another one`))
  const cannot = stats === undefined ? folder : file
  try {
    accessSync(cannot, constants.W_OK)
  } catch {
    refuse(new Error(`${cannot} cannot be written: change its owner or its mode`))
  }
}

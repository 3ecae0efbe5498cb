import { resolve } from 'node:path'
import type { ErrorLogOptions } from '../log/error-log-options.ts'
import type { LogOptions } from '../log/options.ts'
import type { Place } from '../log/sinks/place.ts'
import type { Config } from './config.ts'

/** All places that the logs of a config go to. */
export function placesOf({ log, errorLog }: Config): Place[] {
  return [...linePlaces(log), ...(errorLog === undefined ? [] : [errorPlace(errorLog)])]
}

/** The places of lines for requests; none where all are told who are objects of their own. */
export function linePlaces(log: Config['log'] = []): Place[] {
  const places: Place[] = []
  for (const entry of log) {
    if (typeof entry === 'string') places.push('stdout')
    else if (typeof entry === 'object' && entry !== null && !('logRequest' in entry)) {
      places.push((entry as LogOptions).to ?? 'stdout')
    }
  }
  return places
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

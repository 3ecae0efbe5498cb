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
  return (log as readonly unknown[]).map(linePlace).filter((to) => to !== undefined)
}

/** Where the lines of an entry of `log` go; undefined for an object of its own. */
export function linePlace(entry: unknown): Place | undefined {
  if (typeof entry === 'string') return 'stdout'
  if (typeof entry !== 'object' || entry === null || 'logRequest' in entry) return undefined
  return (entry as LogOptions).to ?? 'stdout'
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

/** The files of logs, which no route serves; relative to the folder of the config. */
export function logFiles(config: Config): string[] {
  return placesOf(config).flatMap((to) => {
    if (typeof to !== 'object') return []
    if ('file' in to) return [to.file]
    return 'sql' in to ? [to.sql.file, `${to.sql.file}-wal`, `${to.sql.file}-shm`] : []
  })
}

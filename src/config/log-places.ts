import type { LogOptions } from '../log/options.ts'
import type { Place } from '../log/sinks/place.ts'
import type { Config } from './config.ts'

/** All places that the logs of a config go to. */
export function placesOf({ log = [], errorLog }: Config): Place[] {
  const places: Place[] = []
  for (const entry of log as readonly unknown[]) {
    if (typeof entry === 'string') places.push('stdout')
    else if (typeof entry === 'object' && entry !== null && !('logRequest' in entry)) {
      places.push((entry as LogOptions).to ?? 'stdout')
    }
  }
  if (errorLog?.to !== undefined) places.push(errorLog.to)
  return places
}

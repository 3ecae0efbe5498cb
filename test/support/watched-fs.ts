import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/*
 * Counts what is asked of the disk, and lets a test say what the disk says. To be imported for its effect before
 * anything of `src/`, which takes its functions from `node:fs` when it is loaded.
 */

type Call = (...given: unknown[]) => unknown
type Name = 'stat' | 'fstat' | 'open' | 'read' | 'realpath'

const counts: Record<Name, number> = { stat: 0, fstat: 0, open: 0, read: 0, realpath: 0 }

/** What a test may do meanwhile. */
export const hooks: {
  /** Other dates than those of the disk: those of a clock that ticks seldom. */
  date: number | undefined
  /** Called when bytes of a file have been read, before the reader gets them. */
  afterRead: (() => void) | undefined
} = { date: undefined, afterRead: undefined }

/** What was asked of the disk since the last time. */
export function asked(): Record<Name, number> {
  const now = { ...counts }
  for (const name of Object.keys(counts) as Name[]) counts[name] = 0
  return now
}

function watch(on: object, key: string, name: Name, before: (callback: Call) => Call = (callback) => callback): void {
  const open = on as Record<string, Call>
  const own = open[key]
  if (own === undefined) throw new Error(`node:fs has no ${key}`)
  const watched: Call = (...given) => {
    counts[name]++
    const callback = given.pop() as Call
    return own(...given, before(callback))
  }
  open[key] = Object.assign(watched, own)
}

function dated(callback: Call): Call {
  return (error, stats) => {
    const { date } = hooks
    if (date !== undefined && error === null) Object.assign(stats as fs.Stats, { mtimeMs: date, ctimeMs: date })
    callback(error, stats)
  }
}

watch(fs.realpath, 'native', 'realpath')
watch(fs, 'stat', 'stat', dated)
watch(fs, 'fstat', 'fstat', dated)
watch(fs, 'open', 'open')
watch(fs, 'read', 'read', (callback) => (...given) => {
  hooks.afterRead?.()
  callback(...given)
})
syncBuiltinESMExports()

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
  /** What fails, and with which error. */
  failing: { readonly call: 'write' | 'fsync' | 'rename' | 'linkSync'; readonly error: Error } | undefined
} = { date: undefined, afterRead: undefined, failing: undefined }

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

/** The same for functions that answer at once. */
function watchSync(key: 'statSync' | 'fstatSync' | 'openSync', name: Name): void {
  const open = fs as unknown as Record<string, Call>
  const own = open[key]
  if (own === undefined) throw new Error(`node:fs has no ${key}`)
  open[key] = (...given) => {
    counts[name]++
    const told = own(...given)
    if (hooks.date !== undefined && typeof told === 'object') {
      Object.assign(told as fs.Stats, { mtimeMs: hooks.date, ctimeMs: hooks.date })
    }
    return told
  }
}

/** Has a function fail where a test says so. */
function mayFail(key: 'write' | 'fsync' | 'rename' | 'linkSync'): void {
  const open = fs as unknown as Record<string, Call>
  const own = open[key]
  if (own === undefined) throw new Error(`node:fs has no ${key}`)
  open[key] = (...given) => {
    if (hooks.failing?.call !== key) return own(...given)
    const { error } = hooks.failing
    const callback = given.pop()
    if (typeof callback !== 'function') throw error
    return process.nextTick(callback as Call, error)
  }
}

for (const key of ['write', 'fsync', 'rename', 'linkSync'] as const) mayFail(key)
watch(fs.realpath, 'native', 'realpath')
watchSync('statSync', 'stat')
watchSync('fstatSync', 'fstat')
watchSync('openSync', 'open')
watch(fs, 'read', 'read', (callback) => (...given) => {
  hooks.afterRead?.()
  callback(...given)
})
syncBuiltinESMExports()

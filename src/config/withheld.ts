import { readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { FileFacts } from '../io/file.ts'
import { sourceNames } from '../resource/sources.ts'
import { isOldFileOf } from './old-logs.ts'
import type { Executed } from './programs.ts'

/** How long what a path leads to is believed, in milliseconds: a renewed key is often a link to another file. */
const BELIEVED = 1000

/**
 * What is never served as a file, whatever a route says: these files under every name, by links and hard links too.
 * @param paths Absolute; what is not there yet counts as soon as it is.
 * @param folders Absolute; all that lies in them, and in folders in them.
 * @param executed What is run, by where it lies.
 * @param logs Absolute; what they are called when they were rotated, too.
 */
export function withheldFiles(
  paths: readonly string[],
  folders: readonly string[] = [],
  executed: readonly Executed[] = [],
  logs: readonly string[] = [],
): (real: string, facts: FileFacts) => boolean {
  let names: ReadonlySet<string> = new Set()
  let within: readonly string[] = []
  let run: readonly Run[] = []
  let files: ReadonlySet<string> = new Set()
  let logged: readonly string[] = []
  let believedUntil = Number.NEGATIVE_INFINITY
  return (real, facts) => {
    const now = performance.now()
    if (now >= believedUntil) {
      const roots = [...folders, ...folders.flatMap(lookedUp).map(({ path }) => path)]
      within = roots.map((folder) => folder + sep)
      logged = [...logs, ...logs.flatMap(inRealFolder)]
      const found = [...paths, ...logs, ...folders.flatMap(filesIn)].flatMap(lookedUp)
      names = new Set([...paths, ...logged, ...found.map(({ path }) => path)])
      files = new Set(found.map(({ file }) => file))
      run = executed.flatMap(runIn)
      believedUntil = now + BELIEVED
    }
    // Node rounds the file numbers of Windows, so that there several files have one.
    return (
      within.some((folder) => `${real}${sep}`.startsWith(folder)) ||
      names.has(real) ||
      run.some(({ folder, isSource }) => `${real}${sep}`.startsWith(folder) && isSource(real)) ||
      logged.some((log) => isOldFileOf(log, real)) ||
      (process.platform !== 'win32' && files.has(fileKey(facts)))
    )
  }
}

/** What is run in a folder, which is given with its separator. */
interface Run {
  readonly folder: string
  readonly isSource: (path: string) => boolean
}

function runIn({ folder, suffix }: Executed): Run[] {
  const isSource = sourceNames(suffix === undefined ? [] : [suffix].flat())
  return [folder, ...lookedUp(folder).map(({ path }) => path)].map((one) => ({ folder: one + sep, isSource }))
}

/** The log where its folder really is: old ones stay there under names that no link leads to. */
function inRealFolder(log: string): string[] {
  return lookedUp(dirname(log)).map(({ path }) => join(path, basename(log)))
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  } catch {
    return []
  }
}

function lookedUp(path: string): { path: string; file: string }[] {
  try {
    return [{ path: realpathSync.native(path), file: fileKey(statSync(path)) }]
  } catch {
    return []
  }
}

function fileKey({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`
}

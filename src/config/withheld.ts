import { realpathSync, statSync } from 'node:fs'
import type { FileFacts } from '../io/file.ts'

/** How long what a path leads to is believed, in milliseconds: a renewed key is often a link to another file. */
const BELIEVED = 1000

/**
 * What is never served as a file, whatever a route says: these files under every name, by links and hard links too.
 * @param paths Absolute; what is not there yet counts as soon as it is.
 */
export function withheldFiles(paths: readonly string[]): (real: string, facts: FileFacts) => boolean {
  let names: ReadonlySet<string> = new Set()
  let files: ReadonlySet<string> = new Set()
  let believedUntil = Number.NEGATIVE_INFINITY
  return (real, facts) => {
    const now = performance.now()
    if (now >= believedUntil) {
      const found = paths.flatMap(lookedUp)
      names = new Set([...paths, ...found.map(({ path }) => path)])
      files = new Set(found.map(({ file }) => file))
      believedUntil = now + BELIEVED
    }
    // Node rounds the file numbers of Windows, so that there several files have one.
    return names.has(real) || (process.platform !== 'win32' && files.has(fileKey(facts)))
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

import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A time long enough ago that nothing hangs on the second in which a test runs. */
export const LONG_AGO: Date = new Date('2024-02-03T04:05:06Z')

/** What lies in a folder: content by path; a path with a slash at its end is an empty folder. */
export type Contents = Readonly<Record<string, string | Uint8Array>>

const made: string[] = []

function removeAll(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
}

/** A new folder for a test file, by its real path; removed when the process ends. All its files are of `LONG_AGO`. */
export function makeFolder(contents: Contents = {}): string {
  if (made.length === 0) process.once('exit', removeAll)
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'oriel-test-')))
  made.push(folder)
  fill(folder, contents)
  return folder
}

/** Writes more files into a folder. */
export function fill(folder: string, contents: Contents): void {
  for (const [name, content] of Object.entries(contents)) {
    const path = join(folder, name)
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true })
    if (name.endsWith('/')) continue
    writeFileSync(path, content)
    utimesSync(path, LONG_AGO, LONG_AGO)
  }
}

/** Bytes that are different at every place, so that a piece of them in the wrong place shows. */
export function patterned(size: number, seed: number = 1): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4))
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 2654435761)
  return Buffer.from(words.buffer).subarray(0, size)
}

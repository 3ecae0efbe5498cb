import * as fs from 'node:fs'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'

const readdir = promisify(fs.readdir)

/** An old file: its name, and its place in time. */
export interface Old {
  readonly name: string
  readonly day: string
  readonly number: number
  readonly compressed: boolean
}

/** The old files of a log, the newest first. */
export async function oldFiles(path: string): Promise<Old[]> {
  const start = `${basename(path)}.`
  const names = await readdir(dirname(path))
  const found = names.flatMap((name) => {
    if (!name.startsWith(start)) return []
    const parts = /^(\d{4}-\d\d-\d\d)(?:\.(\d+))?(\.gz)?$/.exec(name.slice(start.length))
    if (parts === null) return []
    const [, day = '', number = '0', gz] = parts
    return [{ name, day, number: Number(number), compressed: gz !== undefined }]
  })
  return found.sort((a, b) => (a.day === b.day ? b.number - a.number : a.day < b.day ? 1 : -1))
}

import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Place } from '../log/sinks/place.ts'

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

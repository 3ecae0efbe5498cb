import { resolve } from 'node:path'
import { besideOf } from '../../io/edit-file.ts'
import type { HtpasswdOptions } from './htpasswd.ts'

/** What of a store is never served: its files, absolute, and what a killed `oriel passwd` leaves beside them. */
export function passwordFiles({ htpasswd, groups }: HtpasswdOptions, base: string): string[] {
  const files = [htpasswd, ...(groups === undefined ? [] : [groups])].map((path) => resolve(base, path))
  return [...files, ...files.map(besideOf)]
}

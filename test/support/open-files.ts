import { readdirSync, readlinkSync } from 'node:fs'

/** The files under a folder that this process holds open, on Linux. */
export function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
    .filter((path) => path.startsWith(folder))
}

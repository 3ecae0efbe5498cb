import { lstatSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { signal } from './ending.ts'
import { ALIVE } from './folder.ts'
import { markedBy } from './kin.ts'
import { removeTree } from './remove-tree.ts'

/** A folder is made before its supervisor answers there: one that is younger, in milliseconds, is left. */
const YOUNG = 10_000

/** Ends what supervisors left that were killed together with their keepers. Returns how many processes. */
export async function clean(base: string): Promise<number> {
  let ended = 0
  for (const token of readdirSync(base)) {
    const folder = join(base, token)
    if (!/^[0-9a-f]{12}$/.test(token) || !(await isStale(folder))) continue
    for (const pid of await markedBy(`${token}.`)) {
      signal(pid, 'SIGKILL')
      ended++
    }
    removeTree(folder)
  }
  return ended
}

async function isStale(folder: string): Promise<boolean> {
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isDirectory() || stats.uid !== process.getuid?.()) return false
  const code = await errorOf(join(folder, ALIVE))
  return code === 'ECONNREFUSED' || (code === 'ENOENT' && Date.now() - stats.mtimeMs > YOUNG)
}

function errorOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
  })
}

import * as fs from 'node:fs'
import { join } from 'node:path'

const FOLDER = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW

/**
 * Removes a folder with all that is in it. The folder itself nobody else can move; what is in it may be another user's,
 * who could put a link in the place of a folder while root goes through it, and have it empty what the link leads to. So
 * nothing is named by a path twice: a folder is opened without following links, and its parts are named by its descriptor.
 * Where the system knows no such names (macOS), root leaves folders of others that are not empty.
 * @throws the system's error, but not for what is not there.
 */
export function removeTree(path: string): void {
  if (process.getuid?.() !== 0) return fs.rmSync(path, { recursive: true, force: true })
  const held = hold(path)
  if (held === undefined) return
  try {
    const here = process.platform === 'linux' ? `/proc/self/fd/${held}` : path
    for (const name of fs.readdirSync(here)) remove(join(here, name))
  } finally {
    fs.closeSync(held)
  }
  unless(['ENOENT', 'ENOTEMPTY', 'ENOTDIR'], () => fs.rmdirSync(path))
}

function remove(path: string): void {
  // Where it is a folder: EISDIR on Linux, EPERM elsewhere. A link is removed, not what it leads to.
  const removed = unless(['EISDIR', 'EPERM', 'ENOENT'], () => fs.unlinkSync(path))
  if (removed !== 'EISDIR' && removed !== 'EPERM') return
  if (process.platform === 'linux') removeTree(path)
  else unless(['ENOENT', 'ENOTEMPTY', 'ENOTDIR'], () => fs.rmdirSync(path))
}

function hold(path: string): number | undefined {
  let held: number | undefined
  unless(['ENOENT', 'ENOTDIR', 'ELOOP'], () => {
    held = fs.openSync(path, FOLDER)
  })
  return held
}

/** Does something, or returns which of these errors it failed with. */
function unless(codes: readonly string[], act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!codes.includes(code)) throw error
    return code
  }
}

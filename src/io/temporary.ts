import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const open = promisify(fs.open)

/**
 * Opens a new file that nobody else can open: it has no name any more when it is there, and is gone with its descriptor.
 * (Windows cannot do that; there it has a name that nobody can guess, until it is closed.)
 * @throws the system's error.
 */
export async function openTemporary(): Promise<number> {
  const { randomBytes } = await import('node:crypto')
  const path = join(tmpdir(), `oriel-${randomBytes(15).toString('base64url')}`)
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = fs.constants
  const fd = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  fs.unlink(path, ignore)
  return fd
}

/** Where the name cannot be taken away while the file is open: the system's own cleaning finds it. */
function ignore(): void {}

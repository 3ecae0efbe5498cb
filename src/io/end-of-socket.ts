import { readSync } from 'node:fs'
import type { Socket } from 'node:net'

const ONE = Buffer.alloc(1)

/**
 * Whether the end that a socket has told was in truth a reset. Where a reset is there together with the last bytes, libuv
 * reads those and tells an end (POLLHUP after a read that was not full), and an answer without a length would look whole.
 * The system tells the truth to the next read. To be asked while the end is heard.
 */
export function endedByReset(socket: Socket): boolean {
  const fd = (socket as { _handle?: { readonly fd?: number } | null })._handle?.fd
  if (fd === undefined || fd < 0) return false
  try {
    readSync(fd, ONE, 0, 1, null)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNRESET'
  }
}

import * as fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const write = promisify(fs.write)

/** A pipe that is full is asked again after so many milliseconds; one that takes nothing for so many has failed. */
const POLL = 25
const STUCK = 1_000

/**
 * Writes all of it. Descriptors that do not wait (pipes, sockets) are asked again and again.
 * @param wrote Told of each part that was taken, in bytes.
 * @throws the system's error, or one that says that nobody reads.
 */
export async function writeAll(fd: number, bytes: Uint8Array, wrote: (count: number) => void): Promise<void> {
  let at = 0
  let stuck = 0
  while (at < bytes.byteLength) {
    let count = 0
    try {
      count = (await write(fd, bytes, at, bytes.byteLength - at, null)).bytesWritten
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      if (stuck >= STUCK) throw new Error('whoever reads it takes nothing (EAGAIN)', { cause: error })
      stuck += POLL
      await wait(POLL)
      continue
    }
    // Never seen, but it would be asked for ever.
    if (count === 0) throw new Error('the system takes nothing')
    stuck = 0
    at += count
    wrote(count)
  }
}

import { createReadStream, createWriteStream, fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

/*
 * The three descriptors of a program. `process.stdin` and its like would do nearly: they cannot be closed, which is how
 * a web server sees that an answer is over.
 */

/** What the web server sends. Nothing is read before somebody listens. */
export function standardInput(): Readable {
  return isChannel(0)
    ? new Socket({ fd: 0, readable: true, writable: false })
    : createReadStream('', { fd: 0, autoClose: false })
}

export function standardOutput(): Writable {
  return isChannel(1) ? new Socket({ fd: 1, readable: false, writable: true }) : createWriteStream('', { fd: 1 })
}

/** A line for the error log of the web server. One that takes none is no reason to give no answer. */
export function writeError(line: string): void {
  try {
    writeSync(2, `${line}\n`)
  } catch {
    // Nobody is left to tell.
  }
}

/** Whether it is a pipe or a socket: what is read and written without blocking. */
function isChannel(descriptor: number): boolean {
  const found = fstatSync(descriptor)
  return found.isFIFO() || found.isSocket()
}

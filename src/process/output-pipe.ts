import { execFileSync } from 'node:child_process'
import { chownSync, closeSync, constants, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Ids } from './specification.ts'

/** Both ends of a pipe. */
export interface OutputPipe {
  readonly stream: Readable
  /** The end of the process; to be closed here when it has it. */
  readonly descriptor: number
}

/**
 * Pipes for the outputs of a process. Node gives it sockets, and anonymous pipes are its parent's: a program that opens
 * `/dev/stdout` or `/dev/stderr` anew may open neither. These are files of its user, and have no name any more.
 * @throws Error where this system makes none.
 */
export function outputPipes(folder: string, who: Ids & { readonly other: boolean }): [OutputPipe, OutputPipe] {
  const paths = ['.out', '.err'].map((name) => join(folder, name))
  const opened: OutputPipe[] = []
  try {
    execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' })
    for (const path of paths) {
      if (who.other) chownSync(path, who.uid, who.gid)
      opened.push(open(path))
    }
    return opened as [OutputPipe, OutputPipe]
  } catch (error) {
    for (const { stream, descriptor } of opened) {
      stream.destroy()
      closeSync(descriptor)
    }
    throw error
  } finally {
    for (const path of paths) rmSync(path, { force: true })
  }
}

/** To read is opened first: to write would wait for it. */
function open(path: string): OutputPipe {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stream = new Socket({ fd, readable: true, writable: false })
  try {
    return { stream, descriptor: openSync(path, constants.O_WRONLY) }
  } catch (error) {
    stream.destroy()
    throw error
  }
}

import * as fs from 'node:fs'
import { promisify } from 'node:util'

/** What identifies one state of a file: where any of it differs, the content may differ. */
export interface FileFacts {
  readonly size: number
  /** Milliseconds since 1970, with fractions. */
  readonly mtime: number
  readonly ctime: number
  readonly ino: number
  readonly dev: number
  /** Whether any later change will show: the file was not changed within the resolution of the clock that dates it. */
  readonly settled: boolean
}

/** Two changes within this time may get the same date: the clock of many systems ticks only so often. Milliseconds. */
export const CLOCK_TICK = 20

/*
 * Whatever may wait for a disk is asked of a thread: finding a path, and reading. What the system was asked a moment
 * ago it has at hand: it tells the facts of a path that was just resolved, and opens it, in a tenth of the time that
 * going to a thread and back costs, and that is a fifth of the time of sending a large file.
 */
export const realpath: (path: string) => Promise<string> = promisify(fs.realpath.native)
const closeLater: (fd: number) => Promise<void> = promisify(fs.close)

/** What the system says of a path that was just resolved. */
export function stat(path: string): fs.Stats {
  return fs.statSync(path)
}

/** Opening a FIFO waits for a writer and would hold a thread of the pool for ever; regular files ignore the flag. */
const FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOFOLLOW ?? 0)

/** The first and the last moment, in milliseconds since 1970, that HTTP's dates can say (RFC 9110 §5.6.7). */
const FIRST = Date.parse('0001-01-01T00:00:00Z')
const LAST = Date.parse('9999-12-31T23:59:59Z')

/** What identifies the state of a file; its date as one that a message can say. */
export function factsOf(stats: fs.Stats): FileFacts {
  const { size, mtimeMs, ctimeMs: ctime, ino, dev } = stats
  // Some systems keep any date that somebody sets, and one of them must not be the end of a whole listing.
  const mtime = Math.min(Math.max(mtimeMs, FIRST), LAST)
  return { size, mtime, ctime, ino, dev, settled: Math.abs(Date.now() - ctime) > CLOCK_TICK }
}

export function sameFacts(a: FileFacts, b: FileFacts): boolean {
  return a.size === b.size && a.mtime === b.mtime && a.ctime === b.ctime && a.ino === b.ino && a.dev === b.dev
}

/** Thrown where a file is no longer the one whose head was made, or is being written at this moment. */
export class FileChanged extends Error {
  override readonly name: string = 'FileChanged'

  constructor(path: string) {
    super(`${path} was changed while it was read`)
  }
}

/** One state of a file, open for reading. */
export class FileReader {
  readonly #fd: number
  readonly #path: string
  readonly #facts: FileFacts
  /** Whether the file has lost its last name. */
  #removed = false

  private constructor(fd: number, path: string, facts: FileFacts) {
    this.#fd = fd
    this.#path = path
    this.#facts = facts
  }

  /**
   * Opens a file by its real path, links resolved before. @throws FileChanged where it is not the file of these facts:
   * so what was checked of the path is true of what is read; the system's error where it cannot be opened.
   */
  static open(path: string, facts: FileFacts): FileReader {
    const reader = new FileReader(fs.openSync(path, FLAGS), path, facts)
    try {
      reader.verify()
      return reader
    } catch (error) {
      fs.closeSync(reader.#fd)
      throw error
    }
  }

  /** Fills `into` from `position` on. @throws FileChanged where the file ends before. */
  read(into: Uint8Array, position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let filled = 0
      const step = (): void => {
        fs.read(this.#fd, into, filled, into.byteLength - filled, position + filled, (error, count) => {
          filled += count
          if (error !== null) reject(error)
          else if (filled === into.byteLength) resolve()
          else if (count === 0) reject(new FileChanged(this.#path))
          else step()
        })
      }
      step()
    })
  }

  /**
   * @throws FileChanged where the file was changed since its facts were taken. One that was only replaced or removed
   * is still the same: losing its name changes its ctime, but nobody can open it any more to write into it.
   */
  verify(): void {
    const stats = fs.fstatSync(this.#fd)
    const now = factsOf(stats)
    this.#removed = stats.nlink === 0
    const same = this.#removed ? { ...now, ctime: this.#facts.ctime } : now
    if (!sameFacts(same, this.#facts)) throw new FileChanged(this.#path)
  }

  /** Whether the file had lost its last name when it was looked at. */
  get removed(): boolean {
    return this.#removed
  }

  /** Gives the file back. The last one to close a removed file waits until the system has thrown its blocks away. */
  close(): Promise<void> | undefined {
    if (this.#removed) return closeLater(this.#fd)
    fs.closeSync(this.#fd)
    return undefined
  }
}

/**
 * Opens a file by its real path for somebody who reads it by its descriptor. @throws FileChanged where it is not the file
 * of these facts; the system's error where it cannot be opened.
 */
export function openDescriptor(path: string, facts: FileFacts): number {
  const fd = fs.openSync(path, FLAGS)
  if (sameFacts(factsOf(fs.fstatSync(fd)), facts)) return fd
  fs.closeSync(fd)
  throw new FileChanged(path)
}

/** Gives a descriptor back, without waiting for the system. */
export function closeDescriptor(fd: number): void {
  fs.close(fd, () => undefined)
}

/**
 * Reads a whole file; twice where its dates would not show that it is written meanwhile. A writer that the system suspends
 * in the middle of one write, for longer than that takes, shows in nothing that the system tells. @throws as FileReader does.
 */
export async function readFile(path: string, facts: FileFacts): Promise<Buffer> {
  const reader = FileReader.open(path, facts)
  try {
    const bytes = await whole(reader, facts.size)
    if (!facts.settled && !bytes.equals(await whole(reader, facts.size))) throw new FileChanged(path)
    reader.verify()
    return bytes
  } finally {
    await reader.close()
  }
}

async function whole(reader: FileReader, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size)
  if (size > 0) await reader.read(bytes, 0)
  return bytes
}

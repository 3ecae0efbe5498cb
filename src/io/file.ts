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

export const stat: (path: string) => Promise<fs.Stats> = promisify(fs.stat)
export const realpath: (path: string) => Promise<string> = promisify(fs.realpath.native)
const fstat: (fd: number) => Promise<fs.Stats> = promisify(fs.fstat)
const open: (path: string, flags: number) => Promise<number> = promisify(fs.open)
const close: (fd: number) => Promise<void> = promisify(fs.close)

/** Opening a FIFO waits for a writer and would hold a thread of the pool for ever; regular files ignore the flag. */
const FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOFOLLOW ?? 0)

export function factsOf(stats: fs.Stats): FileFacts {
  const { size, mtimeMs: mtime, ctimeMs: ctime, ino, dev } = stats
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

  private constructor(fd: number, path: string, facts: FileFacts) {
    this.#fd = fd
    this.#path = path
    this.#facts = facts
  }

  /**
   * Opens a file by its real path, links resolved before. @throws FileChanged where it is not the file of these facts:
   * so what was checked of the path is true of what is read; the system's error where it cannot be opened.
   */
  static async open(path: string, facts: FileFacts): Promise<FileReader> {
    const reader = new FileReader(await open(path, FLAGS), path, facts)
    try {
      await reader.verify()
      return reader
    } catch (error) {
      await reader.close()
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
  async verify(): Promise<void> {
    const stats = await fstat(this.#fd)
    const now = factsOf(stats)
    const same = stats.nlink === 0 ? { ...now, ctime: this.#facts.ctime } : now
    if (!sameFacts(same, this.#facts)) throw new FileChanged(this.#path)
  }

  close(): Promise<void> {
    return close(this.#fd)
  }
}

/** Reads a whole file; twice where its dates would not show that it is written meanwhile. @throws as FileReader does. */
export async function readFile(path: string, facts: FileFacts): Promise<Buffer> {
  const reader = await FileReader.open(path, facts)
  try {
    const bytes = await whole(reader, facts.size)
    if (!facts.settled && !bytes.equals(await whole(reader, facts.size))) throw new FileChanged(path)
    await reader.verify()
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

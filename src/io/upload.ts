import * as fs from 'node:fs'
import { promisify } from 'node:util'
import { BlockWriter } from './block-writer.ts'
import type { OpenFolder } from './open-folder.ts'
import { isUploadName, UPLOAD_PREFIX } from './upload-name.ts'

/** A file in the making that nothing was written to for so long is one that a killed process left. Milliseconds. */
const LEFT_AFTER = 24 * 60 * 60 * 1000
/** A clock that is so far from the time that has passed since this process began, in milliseconds, was set. */
const CLOCK_SET = 60 * 60 * 1000

const open = promisify(fs.open)
const sync = promisify(fs.fsync)
const rename = promisify(fs.rename)
const closeLater = promisify(fs.close)

/** A guess of the name cannot be waiting there: not a file, not a link to one. */
const FLAGS = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | (fs.constants.O_NOFOLLOW ?? 0)

/**
 * A file in the making: what comes is written beside its later place, readable by nobody else, and takes that place
 * whole or not at all.
 */
export class Upload {
  /** The number of the file, known when it is finished. */
  ino = 0
  readonly #folder: OpenFolder
  readonly #name: string
  readonly #fd: number
  readonly #content: BlockWriter
  #placed = false

  private constructor(folder: OpenFolder, name: string, fd: number, expected?: number) {
    this.#folder = folder
    this.#name = name
    this.#fd = fd
    this.#content = new BlockWriter(fd, expected)
  }

  /** @param expected How many bytes will come, where that is known. @throws the system's error. */
  static async begin(folder: OpenFolder, expected?: number): Promise<Upload> {
    // Loaded when it is used: it takes a tenth of the time to start.
    const { randomBytes } = await import('node:crypto')
    const name = UPLOAD_PREFIX + randomBytes(15).toString('base64url')
    return new Upload(folder, name, await open(folder.at(name), FLAGS, 0o600), expected)
  }

  /** Bytes given to it. */
  get size(): number {
    return this.#content.size
  }

  /** Fulfilled, or undefined at once, when there is room for more. @throws the system's error, ENOSPC among them. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.#content.write(bytes)
  }

  /**
   * Fulfilled when the system has all of the content.
   * @param toDisk Whether it would be there after a power failure too.
   * @throws the system's error.
   */
  async end(toDisk: boolean): Promise<void> {
    await this.#content.end()
    if (toDisk) await sync(this.#fd).catch(unlessImpossible)
  }

  /**
   * Gives it its permissions, and a date that is no earlier than `earliest`, in milliseconds since 1970.
   * @throws the system's error.
   */
  finish(mode: number, earliest: number): void {
    fs.fchmodSync(this.#fd, mode)
    const { mtimeMs, ino } = fs.fstatSync(this.#fd)
    if (mtimeMs < earliest) fs.futimesSync(this.#fd, earliest / 1000, earliest / 1000)
    this.ino = ino
  }

  /** Takes a place, in one step: who has what was there open keeps it. @throws the system's error. */
  async replace(name: string): Promise<void> {
    // On a thread: some systems begin to write the new content out before they give the old name away.
    await rename(this.#folder.at(this.#name), this.#folder.at(name))
    this.#placed = true
  }

  /** Takes a place where nothing is. False where something is: of several that try at once one wins. */
  async create(name: string): Promise<boolean> {
    const place = this.#folder.at(name)
    try {
      fs.linkSync(this.#folder.at(this.#name), place)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (!NO_LINKS.has(code)) return absentIs(error)
      return this.#reserve(name, place)
    }
    fs.unlinkSync(this.#folder.at(this.#name))
    this.#placed = true
    return true
  }

  /** Where there are no hard links an empty file holds the place for a moment. */
  async #reserve(name: string, place: string): Promise<boolean> {
    try {
      fs.closeSync(fs.openSync(place, 'wx', 0o600))
    } catch (error) {
      return absentIs(error)
    }
    await this.replace(name)
    return true
  }

  /** Gives it back; what has not taken its place is removed. */
  async close(): Promise<void> {
    try {
      // At once, though the disk may wait: a process that is about to end leaves nothing behind.
      if (!this.#placed) fs.rmSync(this.#folder.at(this.#name), { force: true })
    } finally {
      // The number of a file that is closed is soon that of another one, and a late block would be written there.
      await this.#content.settled()
      await closeLater(this.#fd)
    }
  }
}

/** What file systems without hard links say. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** False for an error that means "something is there already"; others are thrown. */
function absentIs(error: unknown): false {
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
  throw error
}

/** Some file systems know no flushing; then there is nothing to wait for. */
function unlessImpossible(error: unknown): void {
  if (!['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
}

/**
 * Removes what killed processes left in a folder. Where the clock was set, dates tell no age, and what another worker is
 * writing at this moment would look as if it was left: then it all stays. @throws the system's error.
 */
export async function removeLeftovers(folder: OpenFolder): Promise<void> {
  if (Math.abs(Date.now() - performance.timeOrigin - performance.now()) > CLOCK_SET) return
  for (const name of await promisify(fs.readdir)(folder.at('.'))) {
    if (!isUploadName(name)) continue
    const found = folder.entry(name)
    if (found?.kind === 'file' && Date.now() - found.facts.mtime > LEFT_AFTER)
      fs.rmSync(folder.at(name), { force: true })
  }
}

/** The permissions of a new file: what the process's mask leaves of reading and writing for all. */
export function newFileMode(): number {
  mask ??= umask()
  return 0o666 & ~mask
}

let mask: number | undefined

/** Asking by `process.umask()` sets it to none for a moment, in which another thread may make a file. */
function umask(): number {
  try {
    const told = /^Umask:\s*([0-7]+)$/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))?.[1]
    if (told !== undefined) return Number.parseInt(told, 8)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return process.umask()
}

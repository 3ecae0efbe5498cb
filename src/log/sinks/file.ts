import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { Batch } from './batch.ts'
import { writeLast } from './descriptor.ts'
import type { Outlet } from './outlet.ts'
import type { RotateOptions } from './place.ts'
import { dayOf, Rotation, type RotationOptions } from './rotation.ts'
import { Unwritten } from './unwritten.ts'
import { writeAll } from './write-all.ts'

const stat = promisify(fs.stat)
const close = promisify(fs.close)

const { O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = fs.constants
/** For its owner, and for a group that may read logs. */
export const LOG_MODE = 0o640
/** How often is looked whether the file is still the one of this name, in milliseconds. */
const LOOK = 2_000
const NEWLINE = 10
const LINE_END = Buffer.from('\n')

interface Opened {
  readonly fd: number
  readonly dev: number
  readonly ino: number
  readonly regular: boolean
  size: number
  /** Whether its last line has no end: what a process left that was killed, or a disk that was full. */
  torn: boolean
  /** The local day of its first and of its last line. */
  readonly from: number
  last: number
}

/** A file that lines are appended to. */
export class FileOutlet implements Outlet {
  readonly #path: string
  readonly #unwritten = new Unwritten()
  readonly #rotation: Rotation
  #file: Opened
  #looked = performance.now()
  #writing = false

  /** @throws Error that says why it cannot be opened, and what to do. */
  constructor(path: string, options: RotationOptions = {}) {
    this.#path = path
    this.#rotation = new Rotation(path, options)
    this.#file = open(path)
    this.#rotation.tidySoon()
  }

  /** Rotates by other rules from now on. */
  become(rotate: RotateOptions = {}): void {
    this.#rotation.options = rotate
  }

  async send(batch: Batch): Promise<void> {
    this.#writing = true
    try {
      await this.#follow()
      const bytes = this.#unwritten.of(batch)
      if (!this.#unwritten.half) await this.#rotate(bytes.byteLength)
      const file = this.#file
      if (file.torn) await writeAll(file.fd, LINE_END, (count) => this.#wrote(count))
      file.torn = false
      await writeAll(file.fd, bytes, (count) => {
        this.#unwritten.wrote(count)
        this.#wrote(count)
      })
      file.last = dayOf(this.#rotation.now())
      this.#unwritten.done()
    } finally {
      this.#writing = false
    }
  }

  async reopen(): Promise<void> {
    const old = this.#file
    this.#file = open(this.#path)
    this.#looked = performance.now()
    if (old.ino !== this.#file.ino || old.dev !== this.#file.dev) this.#unwritten.backToLine()
    else if (this.#unwritten.half) this.#file.torn = false
    await close(old.fd)
  }

  last(batches: readonly Batch[]): void {
    const { fd, torn } = this.#file
    if (torn && !this.#unwritten.half) writeLast(fd, [Batch.of([''])], undefined)
    writeLast(fd, batches, this.#writing ? undefined : this.#unwritten)
  }

  async close(): Promise<void> {
    await this.#rotation.close()
    await close(this.#file.fd)
  }

  #wrote(count: number): void {
    this.#file.size += count
  }

  /** Somebody may have moved the file away, or deleted it, and told nobody. */
  async #follow(now: boolean = false): Promise<void> {
    if (!now && performance.now() - this.#looked < LOOK) return
    this.#looked = performance.now()
    const found = await stat(this.#path).catch(({ code }: NodeJS.ErrnoException) => code)
    if (typeof found === 'object') {
      if (found.ino !== this.#file.ino || found.dev !== this.#file.dev) await this.reopen()
      // Others may have written to it, or emptied it.
      else this.#file.size = found.size
    } else if (found === 'ENOENT') await this.reopen()
  }

  async #rotate(more: number): Promise<void> {
    if (!this.#file.regular || !this.#rotation.due(this.#file.size, more, this.#file.from)) return
    // Another process of ours may just have done it.
    await this.#follow(true)
    if (!this.#rotation.due(this.#file.size, more, this.#file.from)) return
    if (await this.#rotation.rename(this.#file.last)) await this.reopen()
  }
}

/** Opens it, and looks what is there already. A log's parent folder is not made: a wrong path would be hidden by that. */
function open(path: string): Opened {
  const folder = dirname(path)
  const safe = ownersOnly(folder)
  const fd = openAppending(path, folder, safe ? 0 : O_NOFOLLOW)
  const stats = fs.fstatSync(fd)
  const { dev, ino, mtimeMs, birthtimeMs, nlink } = stats
  const regular = stats.isFile()
  if (!safe && regular && nlink > 1) {
    fs.closeSync(fd)
    throw new Error(`${path} has other names too, and others than root may write to ${folder}: a log there is not safe`)
  }
  const size = regular ? stats.size : 0
  const changed = size === 0 ? Date.now() : mtimeMs
  const made = birthtimeMs > 0 ? Math.min(birthtimeMs, changed) : changed
  const torn = size > 0 && lastByte(path, size) !== NEWLINE
  return { fd, dev, ino, regular, size, torn, from: dayOf(new Date(made)), last: dayOf(new Date(changed)) }
}

/** Without waiting: the reader of a pipe may come later, or never. */
function openAppending(path: string, folder: string, more: number): number {
  const flags = O_APPEND | O_CREAT | O_NONBLOCK | more
  try {
    return fs.openSync(path, O_WRONLY | flags, LOG_MODE)
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException
    // A pipe that nobody reads can be opened by who could read it too.
    if (error.code === 'ENXIO') return fs.openSync(path, O_RDWR | flags, LOG_MODE)
    throw new Error(whyNot(path, folder, error), { cause })
  }
}

/**
 * Where root writes logs in a folder of somebody else, that one could put a link there, and have root append to any file
 * (CVE-2016-1247 of nginx's packages).
 */
function ownersOnly(folder: string): boolean {
  if (process.geteuid?.() !== 0) return true
  const stats = fs.statSync(folder, { throwIfNoEntry: false })
  // What is not there is told when the log is opened.
  return stats === undefined || (stats.uid === 0 && (stats.mode & 0o022) === 0)
}

function whyNot(path: string, folder: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' && !fs.existsSync(folder)) return `the log ${path} has no folder: make ${folder} first`
  if (code === 'ENOENT' || code === 'ENOTDIR') return `the log ${path} cannot be made: ${folder} is no folder`
  if (code === 'EISDIR') return `the log ${path} is a folder: name a file in it`
  if (code === 'ELOOP')
    return `the log ${path} is a link, and others than root may write to ${folder}: that is not safe`
  if (code === 'EACCES' || code === 'EPERM') {
    return `the log ${path} may not be written by this user: allow it, or name a file in a folder of its own`
  }
  return `the log ${path} cannot be opened: ${message}`
}

/** The last byte, or a line end where it may not be read. */
function lastByte(path: string, size: number): number {
  let fd: number | undefined
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | O_NONBLOCK)
    const byte = Buffer.from([NEWLINE])
    fs.readSync(fd, byte, 0, 1, size - 1)
    return byte[0] ?? NEWLINE
  } catch {
    return NEWLINE
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

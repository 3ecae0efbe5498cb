import * as fs from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FileFacts, factsOf } from './file.ts'

/** Thrown where a path leads elsewhere than a moment ago: the folder was moved, removed, or a link took its place. */
export class FolderMoved extends Error {
  override readonly name: string = 'FolderMoved'

  constructor(path: string) {
    super(`${path} is no longer the folder that it was`)
  }
}

const unlink = promisify(fs.unlink)
const rmdir = promisify(fs.rmdir)
const mkdir = promisify(fs.mkdir)

const HELD = process.platform === 'linux' && fs.existsSync('/proc/self/fd')
const FLAGS = fs.constants.O_RDONLY | (fs.constants.O_DIRECTORY ?? 0) | (fs.constants.O_NOFOLLOW ?? 0)

/** What lies under a name: a link is one, wherever it leads. */
export interface Entry {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly facts: FileFacts
  /** The permission bits. */
  readonly mode: number
}

/**
 * A folder that is written to. Node has no openat; on Linux names are reached through the open folder itself, by
 * `/proc/self/fd`, so that whoever puts a link in the place of a folder on the way turns nothing aside. Elsewhere they
 * are reached by the real path, which `verify` looks at again: between that and the act a moment remains.
 */
export class OpenFolder {
  /** Its real path, as it was when it was opened. */
  readonly path: string
  readonly #fd: number | undefined

  private constructor(path: string, fd: number | undefined) {
    this.path = path
    this.#fd = fd
  }

  /** @param path Its real path. @throws FolderMoved where that is none any more; the system's error. */
  static open(path: string): OpenFolder {
    const folder = new OpenFolder(path, HELD ? fs.openSync(path, FLAGS) : undefined)
    try {
      folder.verify()
      return folder
    } catch (error) {
      folder.close()
      throw error
    }
  }

  /** The path by which the system gets at a name in it. */
  at(name: string): string {
    return this.#fd === undefined ? join(this.path, name) : `/proc/self/fd/${this.#fd}/${name}`
  }

  /** What lies under a name, or undefined. @throws the system's error. */
  entry(name: string): Entry | undefined {
    const stats = fs.lstatSync(this.at(name), { throwIfNoEntry: false })
    if (stats === undefined) return undefined
    return { kind: kindOf(stats), facts: factsOf(stats), mode: stats.mode & 0o777 }
  }

  /** The date of what a name leads to, links followed, in milliseconds since 1970; undefined where there is nothing. */
  dateOf(name: string): number | undefined {
    const stats = fs.statSync(this.at(name), { throwIfNoEntry: false })
    return stats === undefined ? undefined : factsOf(stats).mtime
  }

  /** @throws FolderMoved where its path does not lead to it any more. */
  verify(): void {
    const now =
      this.#fd === undefined ? fs.realpathSync.native(this.path) : fs.readlinkSync(`/proc/self/fd/${this.#fd}`)
    if (now !== this.path) throw new FolderMoved(this.path)
  }

  /** @throws the system's error where nothing can be made or removed in it. */
  checkWritable(): void {
    fs.accessSync(this.at('.'), fs.constants.W_OK | fs.constants.X_OK)
  }

  /** Removes a file; who has it open keeps it. @throws the system's error. */
  removeFile(name: string): Promise<void> {
    return unlink(this.at(name))
  }

  /** Removes a folder that is empty. @throws the system's error, ENOTEMPTY among them. */
  removeFolder(name: string): Promise<void> {
    return rmdir(this.at(name))
  }

  /** Makes a folder. @throws the system's error, EEXIST among them. */
  async makeFolder(name: string): Promise<void> {
    await mkdir(this.at(name))
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
  }
}

function kindOf(stats: fs.Stats): Entry['kind'] {
  if (stats.isSymbolicLink()) return 'link'
  if (stats.isDirectory()) return 'folder'
  return stats.isFile() ? 'file' : 'other'
}

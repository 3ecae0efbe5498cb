import * as fs from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import type { Report } from '../../message/exchange.ts'
import type { Old } from './old-files.ts'

const stat = promisify(fs.stat)
const lstat = promisify(fs.lstat)
const unlink = promisify(fs.unlink)
const rename = promisify(fs.rename)

/**
 * A file rests for so long before it is compressed, in milliseconds: another process of ours (that before `--replace`) may
 * not have noticed yet that it has another name, and still write to it.
 */
const REST = 10_000
/** Read at once, and the pause after it in milliseconds: requests come first. */
const PIECE = 256 * 1024
const BREATH = 5

/** Compresses old files one after the other, and removes those that are too many. */
export class Tidying {
  readonly #folder: string
  readonly #list: () => Promise<readonly Old[]>
  readonly #report: Report
  readonly #rest: number
  readonly #ended = new AbortController()
  #running: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined

  /** @param list The old files, the newest first. */
  constructor(folder: string, list: () => Promise<readonly Old[]>, report: Report, rest: number = REST) {
    this.#rest = rest
    this.#report = report
    this.#folder = folder
    this.#list = list
  }

  soon(keep: number, compress: boolean): void {
    if (this.#ended.signal.aborted) return
    this.#again = this.#running !== undefined
    this.#running ??= this.#tidy(keep, compress)
      .catch((error: Error) => {
        if (this.#ended.signal.aborted) return
        this.#report('warn', 'Old logs could not be tidied up.', { folder: this.#folder, reason: error.message })
      })
      .finally(() => {
        this.#running = undefined
        if (this.#again) this.soon(keep, compress)
      })
  }

  /** What is being compressed is left as it was, for the next time. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#ended.abort()
    await this.#running
  }

  async #tidy(keep: number, compress: boolean): Promise<void> {
    const old = await this.#list()
    for (const { name } of old.slice(keep)) await unlink(join(this.#folder, name))
    if (!compress) return
    for (const { name, compressed } of old.slice(0, keep).reverse()) {
      if (compressed) continue
      const path = join(this.#folder, name)
      const stats = await lstat(path)
      // Whoever else may write to the folder could have a link followed, or a pipe waited for.
      if (!stats.isFile()) continue
      const rest = stats.ctimeMs + this.#rest - Date.now()
      if (rest > 0) {
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.soon(keep, compress), rest + 100).unref()
        return
      }
      await this.#compress(path)
    }
  }

  async #compress(path: string): Promise<void> {
    const { signal } = this.#ended
    const target = `${path}.gz`
    const part = `${target}.part`
    await unlink(part).catch(() => undefined)
    const { size, mode, mtime, atime } = await stat(path)
    try {
      const read = fs.createReadStream(path, { highWaterMark: PIECE })
      const write = fs.createWriteStream(part, { flags: 'wx', mode: mode & 0o777 })
      await pipeline(read, slowly, createGzip(), write, { signal })
      // Somebody has written to it after all: it is compressed another time.
      if ((await stat(path)).size !== size) throw new Error(`${path} has changed`)
      await promisify(fs.utimes)(part, atime, mtime)
      await rename(part, target)
      await unlink(path)
    } catch (error) {
      await unlink(part).catch(() => undefined)
      throw error
    }
  }
}

async function* slowly(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    yield piece
    await wait(BREATH)
  }
}

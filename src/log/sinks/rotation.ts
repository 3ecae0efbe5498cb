import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Report } from '../../message/exchange.ts'
import { oldFiles } from './old-files.ts'
import type { RotateOptions } from './place.ts'
import { Tidying } from './tidying.ts'

const rename = promisify(fs.rename)

const KEEP = 14
/** After a rotation that failed, none is tried for so many milliseconds. */
const PAUSE = 60_000

export interface RotationOptions {
  readonly rotate?: RotateOptions | undefined
  /** Told of what fails. */
  readonly report?: Report
  readonly now?: () => Date
  /** Milliseconds before an old file is compressed. */
  readonly rest?: number
}

/** When a new file is begun, what the old ones are called, and which of them are kept. */
export class Rotation {
  options: RotateOptions
  readonly now: () => Date
  readonly #path: string
  readonly #tidying: Tidying
  readonly #report: Report
  #notBefore = 0

  constructor(path: string, { rotate = {}, report = () => undefined, now = () => new Date(), rest }: RotationOptions) {
    this.#path = path
    this.options = rotate
    this.now = now
    this.#report = report
    this.#tidying = new Tidying(dirname(path), () => oldFiles(path), report, rest)
  }

  /** @param size Bytes that are there. @param more Bytes that come. @param from The local day of its first line. */
  due(size: number, more: number, from: number): boolean {
    const { size: most, days } = this.options
    if (size === 0 || performance.now() < this.#notBefore) return false
    if (most !== undefined && size + more > most) return true
    return days !== undefined && dayOf(this.now()) - from >= days
  }

  /** Gives the file the name of its last day. @returns Whether it could. */
  async rename(last: number): Promise<boolean> {
    const day = nameOfDay(last)
    try {
      const taken = (await oldFiles(this.#path)).filter((old) => old.day === day).map(({ number }) => number)
      const number = taken.length === 0 ? 0 : Math.max(...taken) + 1
      await rename(this.#path, `${this.#path}.${day}${number === 0 ? '' : `.${number}`}`)
    } catch (error) {
      this.#notBefore = performance.now() + PAUSE
      const { message } = error as Error
      this.#report('error', 'A log cannot be rotated, and grows: may its folder be written?', {
        log: this.#path,
        reason: message,
      })
      return false
    }
    this.tidySoon()
    return true
  }

  /** Compresses old files, and removes those that are too many; not at once, and not in this moment. */
  tidySoon(): void {
    const { size, days, keep = KEEP, compress = false } = this.options
    if (size !== undefined || days !== undefined) this.#tidying.soon(keep, compress)
  }

  close(): Promise<void> {
    return this.#tidying.close()
  }
}

/** The local day of a time, counted from 1970. */
export function dayOf(time: Date): number {
  return Math.floor((time.getTime() - time.getTimezoneOffset() * 60_000) / 86_400_000)
}

function nameOfDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}

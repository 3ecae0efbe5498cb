import { type BigIntStats, closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import type { Report } from '../../message/exchange.ts'
import { PasswordFileError } from './lines.ts'

/** How long what was read is believed without a look at the file, in milliseconds. */
const BELIEVED = 1000
/** A file may change twice in one tick of the clock that its times are of: one this young is read again, in milliseconds. */
const YOUNG = 2000
/** Bytes. */
const MOST = 16 * 1024 ** 2

/**
 * What a file says, and says again when it has changed. It is looked at when asked for, at most once a second; one that can
 * no longer be used (half written, damaged, gone) is told once, and what it said before holds on.
 */
export class RereadFile<T> {
  readonly #path: string
  readonly #understand: (bytes: Uint8Array) => T
  readonly #report: Report
  readonly #absent: string
  #value: T
  #generation = 1
  #bytes: Uint8Array
  #facts: string
  #believedUntil: number
  #told: string | undefined

  /**
   * @param path Absolute. @param absent What to do where there is no such file.
   * @throws PasswordFileError, and what `understand` throws.
   */
  constructor(path: string, understand: (bytes: Uint8Array) => T, report: Report, absent: string) {
    this.#path = path
    this.#absent = absent
    this.#understand = understand
    this.#report = report
    const { bytes, facts } = readWhole(path, absent)
    this.#value = understand(bytes)
    this.#bytes = bytes
    this.#facts = facts
    this.#believedUntil = performance.now() + BELIEVED
  }

  get value(): T {
    this.#look()
    return this.#value
  }

  /** Another one whenever the content is another. */
  get generation(): number {
    this.#look()
    return this.#generation
  }

  #look(): void {
    const now = performance.now()
    if (now < this.#believedUntil) return
    this.#believedUntil = now + BELIEVED
    try {
      if (factsOf(statSync(this.#path, { bigint: true })) !== this.#facts) this.#read()
      this.#told = undefined
    } catch (thrown) {
      const error = faultOf(thrown, this.#path, this.#absent)
      if (error.message === this.#told) return
      this.#told = error.message
      this.#report('error', 'A password file cannot be used: what it said before holds on.', { error })
    }
  }

  #read(): void {
    const { bytes, facts } = readWhole(this.#path, this.#absent)
    if (!this.#isSame(bytes)) {
      this.#value = this.#understand(bytes)
      this.#bytes = bytes
      this.#generation++
    }
    this.#facts = facts
  }

  #isSame(bytes: Uint8Array): boolean {
    return Buffer.compare(bytes, this.#bytes) === 0
  }
}

/** @throws PasswordFileError */
function readWhole(path: string, absent: string): { readonly bytes: Uint8Array; readonly facts: string } {
  let descriptor: number | undefined
  try {
    // Before it is opened: a pipe would wait for somebody to write.
    if (!statSync(path).isFile()) throw new PasswordFileError(path, undefined, 'this is no file')
    descriptor = openSync(path, 'r')
    const stats = fstatSync(descriptor, { bigint: true })
    if (stats.size > MOST) throw new PasswordFileError(path, undefined, `this is larger than ${MOST / 1024 ** 2} MiB`)
    const bytes = readFileSync(descriptor)
    const isYoung = Date.now() - Number(stats.mtimeMs) < YOUNG
    return { bytes, facts: isYoung ? '' : factsOf(stats) }
  } catch (error) {
    throw faultOf(error, path, absent)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function factsOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
}

function faultOf(error: unknown, path: string, absent: string): PasswordFileError {
  return error instanceof PasswordFileError
    ? error
    : new PasswordFileError(path, undefined, whyUnreadable(error, absent), error)
}

function whyUnreadable(error: unknown, absent: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return `there is no such file; ${absent}`
  if (code === 'EACCES') return 'this user may not read it: the user whom the server runs as must be able to'
  return `it cannot be read: ${message}`
}

import type { Report } from '../message/exchange.ts'
import type { ApplicationProcess } from './application-process.ts'
import type { ApplicationFailed } from './failed.ts'

/** What replaces processes. */
export interface Replacer {
  readonly report: Report
  /** Starts another one. Fulfilled when it serves, or with why it does not. */
  readonly begin: () => Promise<ApplicationFailed | undefined>
  /** Fulfilled when a process has done what it does, and has ended. */
  readonly retire: (process: ApplicationProcess) => Promise<void>
  /** What is told of a process. */
  readonly fieldsOf: (process: ApplicationProcess) => Readonly<Record<string, unknown>>
}

/** Replaces processes one after the other: there is never more than one too many, nor one less. */
export class Replacing {
  readonly #by: Replacer
  /** What is to be replaced, and why. */
  readonly #due = new Map<ApplicationProcess, string>()
  #busy = false

  constructor(by: Replacer) {
    this.#by = by
  }

  /** @param why As in `A process is replaced: a reload.` */
  add(process: ApplicationProcess, why: string): void {
    if (process.state !== 'serving' || process.replaced) return
    this.#due.set(process, why)
    if (!this.#busy) void this.#go()
  }

  /** Nothing is replaced any more, but what is being replaced now. */
  stop(): void {
    this.#due.clear()
  }

  async #go(): Promise<void> {
    this.#busy = true
    for (const [process, why] of this.#due) {
      this.#due.delete(process)
      if (process.state === 'serving') await this.#replace(process, why)
    }
    this.#busy = false
  }

  async #replace(process: ApplicationProcess, why: string): Promise<void> {
    const { report, begin, retire, fieldsOf } = this.#by
    process.replaced = true
    const failed = await begin()
    process.replaced = false
    // It may have ended by itself meanwhile.
    if (process.state !== 'serving') return
    if (failed === undefined) {
      report('info', `A process is replaced: ${why}.`, fieldsOf(process))
      return retire(process)
    }
    // The others would fare no better.
    this.stop()
    const what = `A process stays, since no other can be started: ${failed.message}`
    report('error', what, { ...fieldsOf(process), why })
  }
}

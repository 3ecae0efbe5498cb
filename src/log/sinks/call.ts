import type { Batch } from './batch.ts'
import { type Outlet, Undeliverable } from './outlet.ts'

/** How long a function may take for a batch, in milliseconds. */
const PATIENCE = 30_000

type Told = (lines: readonly string[]) => void | Promise<void>

/** A function of the config. What it throws, and what it never ends, costs its batch and nothing else. */
export class CallOutlet implements Outlet {
  readonly #told: Told
  readonly #patience: number

  constructor(told: Told, patience: number = PATIENCE) {
    this.#told = told
    this.#patience = patience
  }

  async send({ lines }: Batch): Promise<void> {
    let late: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_, reject) => {
      const why = `the function has not ended after ${this.#patience / 1000} seconds`
      late = setTimeout(() => reject(new Error(why)), this.#patience).unref()
    })
    try {
      await Promise.race([(async () => this.#told(lines))(), tooLate])
    } catch (cause) {
      throw new Undeliverable(cause instanceof Error ? cause.message : String(cause), { cause })
    } finally {
      clearTimeout(late)
    }
  }

  async close(): Promise<void> {}
}

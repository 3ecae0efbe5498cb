import type { Batch } from './batch.ts'
import type { Outlet } from './outlet.ts'

/** A batch of lines on its way to the process that writes. */
export interface HandedLines {
  readonly id: number
  /** The place, by the name that both processes have for it. */
  readonly log: string
  /** The lines, with a line end between two of them. */
  readonly text: string
}

/** How long the primary may take to answer, in milliseconds. */
const PATIENCE = 10_000

const GONE = 'the first process of the server has gone'

type Answer = (why: string | undefined) => void

/** The way of a worker's lines to its primary, which writes them: one batch of each log at a time, so neither is flooded. */
export class LinesToPrimary {
  readonly #tell: (lines: HandedLines) => void
  readonly #waiting = new Map<number, Answer>()
  #last = 0
  #gone = false

  constructor(tell: (lines: HandedLines) => void) {
    this.#tell = tell
  }

  outlet(log: string): Outlet {
    let handed: { readonly batch: Batch; readonly answer: Promise<string | undefined> } | undefined
    return {
      send: async (batch) => {
        // What was handed on is not handed on again: a primary that was stopped for a while takes all of it then.
        if (handed?.batch !== batch) handed = { batch, answer: this.#ask(log, batch.text) }
        const why = await inTime(handed.answer)
        handed = undefined
        if (why !== undefined) throw new Error(why)
      },
      close: () => Promise.resolve(),
    }
  }

  /** @param why Why it was not taken. */
  answered(id: number, why: string | undefined): void {
    this.#waiting.get(id)?.(why)
    this.#waiting.delete(id)
  }

  /** The primary has gone. */
  refuseAll(): void {
    this.#gone = true
    for (const answer of this.#waiting.values()) answer(GONE)
    this.#waiting.clear()
  }

  #ask(log: string, text: string): Promise<string | undefined> {
    if (this.#gone) return Promise.resolve(GONE)
    const id = ++this.#last
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#tell({ id, log, text })
    })
  }
}

/** @throws Error where the answer is late; it may still come. */
function inTime(answer: Promise<string | undefined>): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const why = new Error('the first process of the server does not answer')
    const late = setTimeout(() => reject(why), PATIENCE).unref()
    void answer.then((told) => {
      clearTimeout(late)
      resolve(told)
    })
  })
}

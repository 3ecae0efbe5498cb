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

interface Waiting {
  readonly resolve: (why: string | undefined) => void
}

/** The way of a worker's lines to its primary, which writes them: one batch of each log at a time, so neither is flooded. */
export class LinesToPrimary {
  readonly #tell: (lines: HandedLines) => void
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #gone = false

  constructor(tell: (lines: HandedLines) => void) {
    this.#tell = tell
  }

  outlet(log: string): Outlet {
    return {
      send: ({ text }) => this.#send(log, text),
      close: () => Promise.resolve(),
    }
  }

  /** @param why Why it was not taken. */
  answered(id: number, why: string | undefined): void {
    this.#waiting.get(id)?.resolve(why)
  }

  /** The primary has gone. */
  refuseAll(): void {
    this.#gone = true
    for (const { resolve } of this.#waiting.values()) resolve(GONE)
  }

  async #send(log: string, text: string): Promise<void> {
    if (this.#gone) throw new Error(GONE)
    const id = ++this.#last
    let late: NodeJS.Timeout | undefined
    const why = await new Promise<string | undefined>((resolve) => {
      this.#waiting.set(id, { resolve })
      late = setTimeout(() => resolve('the first process of the server does not answer'), PATIENCE).unref()
      this.#tell({ id, log, text })
    })
    clearTimeout(late)
    this.#waiting.delete(id)
    if (why !== undefined) throw new Error(why)
  }
}

import type { Level, Report } from '../../src/message/exchange.ts'

export interface Told {
  readonly level: Level
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Collects what is reported, and waits for it. */
export class Reports {
  readonly all: Told[] = []
  #waiters: (() => void)[] = []

  readonly report: Report = (level, event, fields = {}) => {
    this.all.push({ level, event, fields })
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Waits until so many were reported whose sentence has these words in it; returns them. */
  async told(words: string, count: number = 1): Promise<readonly Told[]> {
    for (;;) {
      const found = this.all.filter(({ event }) => event.includes(words))
      if (found.length >= count) return found
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }
}

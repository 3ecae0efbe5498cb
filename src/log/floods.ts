import type { ErrorEntry } from './error-log-options.ts'
import { errorText } from './error-text.ts'

/** The same event is told so often in so many milliseconds; what comes then is counted, and summed up. */
const OFTEN = 10
const WHILE = 60_000
/** Different events that are counted at once. */
const MOST = 256

interface Counted {
  told: number
  more: number
  last: ErrorEntry
}

/** Keeps one event from filling the error log. */
export class Floods {
  readonly #sumUp: (entry: ErrorEntry) => void
  readonly #counted = new Map<string, Counted>()
  #timer: NodeJS.Timeout | undefined

  constructor(sumUp: (entry: ErrorEntry) => void) {
    this.#sumUp = sumUp
  }

  /** Whether an entry is told now. */
  pass(entry: ErrorEntry): boolean {
    const { level, event, fields } = entry
    const key = `${level} ${event} ${fields['error'] === undefined ? '' : errorText(fields['error'])}`
    const found = this.#counted.get(key)
    if (found === undefined) {
      if (this.#counted.size >= MOST) this.#end()
      this.#counted.set(key, { told: 1, more: 0, last: entry })
      this.#timer ??= setTimeout(() => this.#end(), WHILE).unref()
      return true
    }
    if (found.told < OFTEN) {
      found.told++
      return true
    }
    found.more++
    found.last = entry
    return false
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const all = [...this.#counted.values()]
    this.#counted.clear()
    for (const { more, last } of all) {
      if (more > 0) this.#sumUp({ ...last, fields: { ...last.fields, more } })
    }
  }
}

import type { Readable } from 'node:stream'
import { textOfBytes } from '../protocol/cgi/octets.ts'

/** The longest line that is told as one, in bytes. */
const MAX_LINE = 4096
/** What is told in one second; more is counted and dropped. */
const MAX_LINES = 2000
const MAX_BYTES = 1 << 18
const SECOND = 1000
/** So much at the end of what is dropped is kept for the last words. */
const KEPT = 4096

/** What a terminal would obey: the log, `oriel status` and `oriel check` show the words of programs to people. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g

function escaped(control: string): string {
  return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** What hears the lines. */
export interface OutputEvents {
  line(text: string): void
  /** A line that is not told, for the last words. */
  silent(text: string): void
  dropped(bytes: number): void
}

/**
 * An output of a program by lines. It is always read, so that the program never waits for its reader; one that writes
 * without end costs neither memory nor log, and little time.
 */
export class Output {
  readonly #events: OutputEvents
  readonly #stream: Readable
  /** Fulfilled when nobody can write to it any more. */
  readonly ended: Promise<void>
  #rest: Buffer = Buffer.alloc(0)
  #lines = 0
  #bytes = 0
  #dropped = 0
  #second: NodeJS.Timeout | undefined

  constructor(stream: Readable, events: OutputEvents) {
    this.#stream = stream
    this.#events = events
    stream.on('data', (bytes: Buffer) => this.#take(bytes))
    this.ended = new Promise((resolve) => stream.once('close', resolve))
    stream.on('end', () => this.end())
    // One that breaks has ended.
    stream.on('error', () => stream.destroy())
  }

  /** Nothing more is of interest: what came is told. */
  end(): void {
    this.#stream.destroy()
    this.flush()
    clearTimeout(this.#second)
    this.#endSecond()
  }

  /** A line that is not ended yet is told. */
  flush(): void {
    if (this.#rest.length > 0) this.#tell(this.#rest)
    this.#rest = Buffer.alloc(0)
  }

  #take(bytes: Buffer): void {
    this.#second ??= setTimeout(() => this.#endSecond(), SECOND).unref()
    let all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    if (this.#full && all.length > KEPT) {
      this.#dropped += all.length - KEPT
      all = all.subarray(all.length - KEPT)
    }
    let from = 0
    for (let at = all.indexOf(10); at !== -1; at = all.indexOf(10, from)) {
      this.#tell(all.subarray(from, at))
      from = at + 1
    }
    while (all.length - from >= MAX_LINE) {
      this.#tell(all.subarray(from, from + MAX_LINE))
      from += MAX_LINE
    }
    // A copy: what was read is a piece of something larger.
    this.#rest = Buffer.from(all.subarray(from))
  }

  get #full(): boolean {
    return this.#lines >= MAX_LINES || this.#bytes >= MAX_BYTES
  }

  #tell(line: Buffer): void {
    for (let from = 0; from < line.length; from += MAX_LINE) {
      const piece = line.subarray(from, from + MAX_LINE)
      const text = textOfBytes(piece.toString('latin1')).trimEnd().replace(CONTROL, escaped)
      if (text === '') continue
      if (this.#full) {
        this.#dropped += piece.length
        this.#events.silent(text)
        continue
      }
      this.#lines++
      this.#bytes += piece.length
      this.#events.line(text)
    }
  }

  #endSecond(): void {
    this.#second = undefined
    this.#lines = 0
    this.#bytes = 0
    if (this.#dropped > 0) this.#events.dropped(this.#dropped)
    this.#dropped = 0
  }
}

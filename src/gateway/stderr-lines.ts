import type { Report } from '../message/exchange.ts'
import { textOfBytes } from '../protocol/cgi/octets.ts'

/** Bytes of one line that are shown, and of all lines of one request. */
const MAX_LINE = 4096
const MAX_ALL = 65536
/** Lines of one request: 64 KiB of short ones would be tens of thousands of records, all at once. */
const MAX_LINES = 1000

/** Lines of a request that its record tells, and characters of each. */
const FIRST = 10
const FIRST_LENGTH = 500

/**
 * What a back end writes to its standard error, line by line, to the error log. More than is of use to anybody is
 * counted and dropped.
 */
export class StderrLines {
  /** The first lines, for the record of the exchange. */
  readonly first: string[] = []
  readonly #report: Report
  readonly #fields: Readonly<Record<string, unknown>>
  #line = ''
  #shown = 0
  #lines = 0
  #dropped = 0

  /** @param fields What each line is told with: the request, the program. */
  constructor(report: Report, fields: Readonly<Record<string, unknown>>) {
    this.#report = report
    this.#fields = fields
  }

  /** Bytes in any pieces. */
  push(bytes: Uint8Array): void {
    const room = MAX_ALL - this.#shown
    if (room <= 0) {
      this.#dropped += bytes.byteLength
      return
    }
    const taken = bytes.subarray(0, room)
    this.#shown += taken.byteLength
    this.#dropped += bytes.byteLength - taken.byteLength
    const lines = (this.#line + Buffer.from(taken).toString('latin1')).split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) this.#tell(line)
    while (this.#line.length >= MAX_LINE) {
      this.#tell(this.#line.slice(0, MAX_LINE))
      this.#line = this.#line.slice(MAX_LINE)
    }
  }

  /** Nothing follows. */
  end(): void {
    if (this.#line !== '') this.#tell(this.#line)
    this.#line = ''
    if (this.#dropped === 0) return
    this.#report('warn', 'A program wrote more errors than are shown.', { ...this.#fields, bytes: this.#dropped })
    this.#dropped = 0
  }

  #tell(line: string): void {
    for (let at = 0; at < line.length; at += MAX_LINE) {
      const text = textOfBytes(line.slice(at, at + MAX_LINE)).trimEnd()
      if (text === '') continue
      if (this.first.length < FIRST) this.first.push(text.slice(0, FIRST_LENGTH))
      if (++this.#lines > MAX_LINES) this.#dropped += text.length
      else this.#report('warn', 'A program wrote to its standard error.', { ...this.#fields, stderr: text })
    }
  }
}

import type { Headers } from '../../message/headers.ts'
import { BROKEN_OFF, MAX_CONTENT, ProtocolStatus, STDERR, STDOUT, TRAILERS } from '../../protocol/fastcgi/codes.ts'
import { endRequest, record, recordHead, streamEnd } from '../../protocol/fastcgi/records.ts'
import { trailersOf } from '../../protocol/fastcgi/trailers.ts'
import type { AnswerSender } from '../called/carrier.ts'
import { COPIED, latin1, type Output } from '../called/output.ts'

/** Content of the largest record that needs no padding. */
const LARGEST = MAX_CONTENT - (MAX_CONTENT % 8)

/** What is sent for one request: its STDOUT and STDERR, and its end (FastCGI §5.3, §5.5). */
export class Sender implements AnswerSender {
  readonly id: number
  /** Bytes of content that were sent. */
  bytes = 0
  /** Whether the end was sent, or nothing may be sent any more. */
  over = false
  readonly #output: Output
  /** Bytes that may be sent now; Infinity where no window is agreed. */
  #credit: number
  #whenCredited: (() => void) | undefined = undefined

  constructor(id: number, output: Output, window: number) {
    this.id = id
    this.#output = output
    this.#credit = window
  }

  /** Sends text, one character a byte, if all of it may be sent now, and returns whether it was. */
  text(text: string): boolean {
    const size = text.length
    if (this.over || size > this.#credit) return false
    this.#credit -= size
    this.bytes += size
    if (size <= LARGEST) this.#output.text(record(STDOUT, this.id, text))
    else
      for (let at = 0; at < size; at += LARGEST)
        this.#output.text(record(STDOUT, this.id, text.slice(at, at + LARGEST)))
    return true
  }

  /** Sends bytes, as fast as the web server takes them. Fulfilled when they are the caller's again, or all is over. */
  async content(bytes: Uint8Array): Promise<void> {
    const size = bytes.byteLength
    for (let at = 0; at < size && !this.over; ) {
      if (this.#credit === 0) await this.#credited()
      const end = Math.min(size, at + this.#credit, at + LARGEST)
      const piece = bytes.subarray(at, end)
      at = end
      if (this.over || piece.byteLength === 0) continue
      this.#credit -= piece.byteLength
      this.bytes += piece.byteLength
      if (piece.byteLength <= COPIED) this.#output.text(record(STDOUT, this.id, latin1(piece)))
      else await this.#output.bytes(recordHead(STDOUT, this.id, piece.byteLength), piece)
    }
    await this.#output.room()
  }

  /** The fields behind the content: just before its end, and beside the window. */
  trailers(fields: Headers): void {
    const bytes = trailersOf(fields)
    if (!this.over && bytes.byteLength > 0) this.#output.text(record(TRAILERS, this.id, latin1(bytes)))
  }

  /** Text for the error log of the web server. What the window has no room for is dropped: returns whether it was sent. */
  stderr(text: string): boolean {
    const bytes = Buffer.from(text).toString('latin1', 0, LARGEST)
    if (this.over || bytes.length === 0 || bytes.length > this.#credit) return false
    this.#credit -= bytes.length
    this.#output.text(record(STDERR, this.id, bytes))
    return true
  }

  /** So many bytes more may be sent. */
  allow(bytes: number): void {
    this.#credit += bytes
    this.#whenCredited?.()
    this.#whenCredited = undefined
  }

  /** The answer is complete. */
  end(appStatus: number): void {
    if (this.over) return
    this.#output.text(appStatus === 0 ? usualEnd(this.id) : endOf(this.id, appStatus))
    this.stop()
  }

  /** The answer is not complete and will not be: told to a web server that knows our own word for it. */
  breakOff(): void {
    if (!this.over) this.#output.text(endRequest(this.id, 0, BROKEN_OFF))
    this.stop()
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.over = true
    this.allow(0)
  }

  #credited(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenCredited = resolve
    })
  }
}

const ends: (string | undefined)[] = []

/** The same for every request with this id: web servers use few of them. */
function usualEnd(id: number): string {
  if (id > 1024) return endOf(id, 0)
  ends[id] ??= endOf(id, 0)
  return ends[id]
}

function endOf(id: number, appStatus: number): string {
  return streamEnd(STDOUT, id) + endRequest(id, appStatus, ProtocolStatus.requestComplete)
}

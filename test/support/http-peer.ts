import type { Call, CallEnd, CallEvents, Open, Wire } from '../../src/gateway/call.ts'
import { bodyFraming } from '../../src/gateway/framing.ts'
import { Headers, type HeadersInit } from '../../src/message/headers.ts'

/** What an HTTP server says, in the hand of the test. */
export interface Said {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: HeadersInit
  readonly body?: string
  readonly trailers?: Headers
  /** Informational answers that come first. */
  readonly first?: readonly (readonly [status: number, headers: HeadersInit])[]
}

/** An HTTP server without a wire: it keeps what it was sent, and says what the test has it say. */
export class HttpPeer {
  readonly calls: Call[] = []
  readonly contents: string[] = []
  readonly trailers: (Headers | undefined)[] = []
  said: Said | CallEnd = {}

  /** The head of the last call, line by line. */
  get lines(): string[] {
    return (this.calls.at(-1)?.lines ?? '').split('\r\n').slice(0, -1)
  }

  /** The values of a field of the last call. */
  field(name: string): string[] {
    const start = `${name.toLowerCase()}: `
    return this.lines.filter((line) => line.toLowerCase().startsWith(start)).map((line) => line.slice(start.length))
  }

  readonly open: Open = (call, events): Wire => {
    this.calls.push(call)
    let content = ''
    const answer = (): void => this.#answer(events)
    if (call.content === undefined) setImmediate(answer)
    return {
      fed: false,
      write: (bytes) => {
        content += Buffer.from(bytes).toString('latin1')
        return true
      },
      endInput: (trailers) => {
        if (call.content === undefined) return
        this.contents.push(content)
        this.trailers.push(trailers)
        setImmediate(answer)
      },
      pause: () => undefined,
      resume: () => undefined,
      abort: () => undefined,
    }
  }

  #answer(events: CallEvents): void {
    const { said } = this
    if ('error' in said) return events.ended(said)
    const { status = 200, statusText = '', body = '', first = [], trailers } = said as Said
    for (const [informational, fields] of first) events.answered(headOf(informational, '', fields), UNFRAMED)
    const head = headOf(status, statusText, (said as Said).headers ?? {})
    events.answered(head, { ...bodyFraming(head.headers), chunked: false })
    if (body !== '') events.output(Buffer.from(body, 'latin1'))
    events.ended(trailers === undefined ? {} : { trailers })
  }
}

const UNFRAMED = { declared: undefined, chunked: false }

function headOf(status: number, statusText: string, headers: HeadersInit) {
  return { status, statusText, headers: new Headers(headers), dropped: [] }
}

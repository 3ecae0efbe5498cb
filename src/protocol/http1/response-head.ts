import type { Headers } from '../../message/headers.ts'
import { reasonPhrase } from '../../message/status.ts'

/** What the fields of an answer say to the front door, beside what they say to the client. */
export interface RenderedFields {
  /** The lines that go to the client as they are, each with its CRLF. */
  readonly text: string
  /** The Content-Length that the resource set, in bytes. */
  readonly contentLength: number | undefined
  readonly hasDate: boolean
  /** Whether the resource wants the connection closed. */
  readonly close: boolean
  /** The value of Upgrade, for a 101. */
  readonly upgrade: string | undefined
}

/** The fields that belong to one connection (RFC 9110 §7.6.1) or to its framing: written by the front door alone. */
const OF_THE_CONNECTION =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|te|trailer|upgrade|content-length)$/i

/**
 * The fields of an answer as text. Kept with the Headers until they change, so that fields that many answers share are
 * rendered once. Names and values were checked when they were set.
 */
export function renderFields(headers: Headers): string | RenderedFields {
  const kept = headers.rendering as string | RenderedFields | undefined
  if (kept !== undefined) return kept
  const list = headers.fields()
  let text = ''
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    if (isSpecial(name)) return keep(headers, renderSpecial(list))
    text += `${name}: ${list[i + 1]}\r\n`
  }
  return keep(headers, text)
}

function keep<T extends string | RenderedFields>(headers: Headers, rendering: T): T {
  headers.rendering = rendering
  return rendering
}

/** Only names of these lengths can be ones that the front door must know. */
function isSpecial(name: string): boolean {
  switch (name.length) {
    case 2:
    case 4:
    case 7:
    case 10:
    case 14:
    case 16:
    case 17:
      return OF_THE_CONNECTION.test(name) || name.toLowerCase() === 'date'
    default:
      return false
  }
}

function renderSpecial(list: readonly string[]): RenderedFields {
  let text = ''
  let contentLength: number | undefined
  let hasDate = false
  let close = false
  let upgrade: string | undefined
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    const value = list[i + 1] as string
    if (!OF_THE_CONNECTION.test(name)) {
      if (name.toLowerCase() === 'date') {
        if (hasDate) continue
        hasDate = true
      }
      text += `${name}: ${value}\r\n`
      continue
    }
    const lower = name.toLowerCase()
    if (lower === 'content-length' && /^\d{1,15}$/.test(value)) contentLength = Number(value)
    else if (lower === 'connection' && /(?:^|,)\s*close\s*(?:,|$)/i.test(value)) close = true
    else if (lower === 'upgrade') upgrade = value
  }
  return { text, contentLength, hasDate, close, upgrade }
}

/** The status line (RFC 9112 §4). Its version is ours, whatever the client's was (RFC 9110 §2.5). */
export function statusLine(status: number, statusText: string): string {
  if (status === 200 && statusText === '') return 'HTTP/1.1 200 OK\r\n'
  return `HTTP/1.1 ${status} ${statusText === '' ? reasonPhrase(status) : statusText}\r\n`
}

/** The lines of trailer fields, without those that may not stand there (RFC 9110 §6.5.1). */
export function renderTrailers(headers: Headers): string {
  let text = ''
  for (const [name, value] of headers.raw()) if (!OF_THE_CONNECTION.test(name)) text += `${name}: ${value}\r\n`
  return text
}

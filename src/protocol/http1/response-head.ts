import type { Headers } from '../../message/headers.ts'
import { reasonPhrase } from '../../message/status.ts'
import type { OwnFields } from './own-fields.ts'
import { mayTrail } from './trailers.ts'

/** The fields of an answer as text, and what they say to the front door. */
export class RenderedFields {
  /** The lines that go to the client as they are, each with its CRLF. */
  text = ''
  /** The Content-Length that the resource set, in bytes. */
  contentLength: number | undefined = undefined
  hasDate = false
  hasServer = false
  /** Whether the resource wants the connection closed. */
  close = false
  /** The value of Upgrade, for a 101 or a 426. */
  upgrade: string | undefined = undefined
  /** The last answer that was made of them, and what it was made for: see `usualAnswer`. */
  answer = ''
  own: OwnFields | undefined = undefined
  size = -1
  content = ''
}

/** The fields that belong to one connection (RFC 9110 §7.6.1) or to its framing: written by the front door alone. */
const OF_THE_CONNECTION =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|te|trailer|upgrade|content-length)$/i

/**
 * The fields of an answer as text. Kept with the Headers until they change, so that fields that many answers share are
 * rendered once. Names and values were checked when they were set.
 */
export function renderFields(headers: Headers): RenderedFields {
  const kept = headers.rendering as RenderedFields | undefined
  if (kept !== undefined) return kept
  const rendered = new RenderedFields()
  headers.rendering = rendered
  const list = headers.fields()
  let text = ''
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    if (!isSpecial(name) || !isOfTheConnection(rendered, name, list[i + 1] as string)) {
      text += `${name}: ${list[i + 1]}\r\n`
    }
  }
  rendered.text = text
  return rendered
}

/** The fields of an answer that go to the client as they are: name, value, name, value. */
export function sentFields(headers: Headers): string[] {
  const list = headers.fields()
  const sent: string[] = []
  let dated = false
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    if (isSpecial(name)) {
      if (OF_THE_CONNECTION.test(name)) continue
      if (name.length === 4 && name.toLowerCase() === 'date') {
        if (dated) continue
        dated = true
      }
    }
    sent.push(name, list[i + 1] as string)
  }
  return sent
}

/**
 * The head of a 200 in HTTP/1.1 that keeps the connection, and behind it the content where that is at hand as text. Where
 * many answers share their fields it is the same for a second, and put together once.
 */
export function usualAnswer(fields: RenderedFields, size: number, own: OwnFields, content: string): string {
  if (fields.size === size && fields.own === own && fields.content === content) return fields.answer
  const answer = `HTTP/1.1 200 OK\r\n${ownLines(fields, own)}${fields.text}Content-Length: ${size}\r\n\r\n${content}`
  fields.size = size
  fields.own = own
  fields.content = content
  fields.answer = answer
  return answer
}

/** What the front door adds to the fields of an answer. */
export function ownLines({ hasDate, hasServer }: RenderedFields, own: OwnFields): string {
  return hasDate || hasServer ? own.beside(hasDate, hasServer) : own.text
}

/** Only names of these lengths can be ones that the front door must know. */
function isSpecial(name: string): boolean {
  switch (name.length) {
    case 2:
    case 4:
    case 6:
    case 7:
    case 10:
    case 14:
    case 16:
    case 17:
      return true
    default:
      return false
  }
}

/** Keeps what a field says to the front door. Returns whether it does not go to the client as it is. */
function isOfTheConnection(rendered: RenderedFields, name: string, value: string): boolean {
  const lower = name.toLowerCase()
  if (lower === 'date') {
    if (rendered.hasDate) return true
    rendered.hasDate = true
    return false
  }
  if (lower === 'server') rendered.hasServer = true
  if (!OF_THE_CONNECTION.test(lower)) return false
  if (lower === 'content-length' && /^\d{1,15}$/.test(value)) rendered.contentLength = Number(value)
  else if (lower === 'connection' && /(?:^|,)\s*close\s*(?:,|$)/i.test(value)) rendered.close = true
  else if (lower === 'upgrade') rendered.upgrade = value
  return true
}

/** The status line (RFC 9112 §4). Its version is ours, whatever the client's was (RFC 9110 §2.5). */
export function statusLine(status: number, statusText: string): string {
  if (status === 200 && statusText === '') return 'HTTP/1.1 200 OK\r\n'
  return `HTTP/1.1 ${status} ${statusText === '' ? reasonPhrase(status) : statusText}\r\n`
}

/** An informational answer (RFC 9110 §15.2): it has no content, so nothing of its framing. */
export function interimHead(status: number, headers: Headers): string {
  return `${statusLine(status, '')}${renderFields(headers).text}\r\n`
}

/** The lines of trailer fields, without those that may not stand there (RFC 9110 §6.5.1). */
export function renderTrailers(headers: Headers): string {
  let text = ''
  for (const [name, value] of headers.raw()) if (mayTrail(name)) text += `${name}: ${value}\r\n`
  return text
}

import { trimOws } from '../../message/fields.ts'
import type { AnswerHead } from './answer-head.ts'
import { ProtocolError } from './errors.ts'
import type { Framing } from './framing.ts'

/** How the end of an answer is known: as that of a request, or by the end of its connection. A closed choice. */
export type AnswerEnd = Framing | 'close'

const LENGTH = /^\d{1,15}$/

/**
 * Where an answer ends (RFC 9112 §6.3). One that could be read in two ways is refused, whatever request it is for: what
 * one reader takes for its rest would be the next answer to another.
 * @param method The one of the request.
 * @throws ProtocolError for a coding beside a length or in HTTP/1.0, a coding that is not chunked alone, a length that
 * is none or two.
 */
export function answerEnd(head: AnswerHead, method: string): AnswerEnd {
  const { status, contentLength, transferEncoding } = head
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) throw bad('it has both Transfer-Encoding and Content-Length')
    if (head.minor === 0) throw bad('it has Transfer-Encoding, which HTTP/1.0 does not know')
    if (transferEncoding.toLowerCase() !== 'chunked') throw bad('its Transfer-Encoding is not chunked')
  }
  const size = contentLength === undefined ? undefined : lengthOf(contentLength)
  if (method === 'CONNECT' && status >= 200 && status < 300) throw bad('it opens a tunnel, which nobody asked for')
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none'
  if (transferEncoding !== undefined) return 'chunked'
  return size ?? 'close'
}

/** One number, or the same one again and again (RFC 9110 §8.6). */
function lengthOf(field: string): number {
  if (LENGTH.test(field)) return Number(field)
  const [first = '', ...others] = field.split(',').map(trimOws)
  if (!LENGTH.test(first) || others.some((one) => one !== first)) throw bad('its Content-Length is no length')
  return Number(first)
}

/** Whether the connection may be used again after an answer whose end does not close it (RFC 9112 §9.3). */
export function keepsConnection(head: AnswerHead): boolean {
  const { connection } = head
  if (connection === undefined) return head.minor === 1
  // The usual ones.
  if (connection === 'keep-alive') return true
  if (connection === 'close') return false
  const options = connection.split(',').map((option) => trimOws(option).toLowerCase())
  if (options.includes('close')) return false
  return head.minor === 1 || options.includes('keep-alive')
}

/**
 * How long the other side keeps the connection when it rests, in milliseconds, less a second for the way of what crosses
 * with its end; undefined where it does not say. `Keep-Alive` has no standard, but `timeout` is understood everywhere.
 */
export function restAllowed(head: AnswerHead): number | undefined {
  if (head.keepAlive === undefined) return undefined
  const seconds = /(?:^|[,\s])timeout=(\d{1,9})(?![^,\s])/i.exec(head.keepAlive)?.[1]
  return seconds === undefined ? undefined : Math.max(0, Number(seconds) - 1) * 1000
}

function bad(message: string): ProtocolError {
  return new ProtocolError(502, 'framing', message)
}

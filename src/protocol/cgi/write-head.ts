import type { Headers } from '../../message/headers.ts'
import type { Response } from '../../message/response.ts'
import { isBodiless, reasonPhrase } from '../../message/status.ts'
import { renderFields } from '../http1/response-head.ts'

/** A field of the program's that the web server would take for the status (RFC 3875 §6.3.3). */
const STATUS_FIELD = /^status:.*\r\n/gim

/**
 * The head of an answer as a program gives it to the web server (RFC 3875 §6), with the empty line behind it. The status
 * is always told: without it some servers take a Location for a redirect. Fields of the connection are left out.
 * @param size Bytes of the content, where they are known.
 */
export function cgiHead(response: Response, size: number | undefined): string {
  const { status, statusText } = response
  const { text } = renderFields(response.peek())
  const lines = text.includes('tatus:') || text.includes('TATUS:') ? text.replace(STATUS_FIELD, '') : text
  const start = status === 200 && statusText === '' ? 'Status: 200 OK\r\n' : statusLine(status, statusText)
  return `${start}${lines}${lengthLine(status, size)}\r\n`
}

/** The head of an informational answer (RFC 9110 §15.2), which another one follows. */
export function informationalHead(status: number, headers: Headers): string {
  return `${statusLine(status, '')}${renderFields(headers).text.replace(STATUS_FIELD, '')}\r\n`
}

/** As over HTTP (RFC 9110 §8.6): none where the status says all, 0 for a 205 (§15.3.6). */
function lengthLine(status: number, size: number | undefined): string {
  if (isBodiless(status)) return status === 205 ? 'Content-Length: 0\r\n' : ''
  return size === undefined ? '' : `Content-Length: ${size}\r\n`
}

function statusLine(status: number, statusText: string): string {
  return `Status: ${status} ${statusText === '' ? reasonPhrase(status) : statusText}\r\n`
}

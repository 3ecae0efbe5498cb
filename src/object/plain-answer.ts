import { Headers } from '../message/headers.ts'
import { Response } from '../message/response.ts'
import { isBodiless } from '../message/status.ts'
import { RenderedFields } from '../protocol/http1/response-head.ts'

/** The head of an answer as our own ends write it (RFC 3875 §6): the status, and lines that are fields. */
const HEAD =
  /^Status: ([2-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n/
const ASCII = /^[\0-\x7f]*$/

/**
 * The answer to a request without content that is here whole, and has nothing about it that would need a second look; else
 * undefined.
 * @param text A byte string.
 */
export function plainAnswer(text: string): Response | undefined {
  const head = HEAD.exec(text)
  if (head === null) return undefined
  const lines = head[2] as string
  const status = Number(head[1])
  const from = head[0].length
  const shown = isBodiless(status) ? undefined : clientLines(lines, text.length - from)
  if (shown === undefined) return undefined
  const content = text.slice(from)
  const headers = Headers.fromLines(lines)
  const rendered = new RenderedFields()
  rendered.text = shown
  headers.rendering = rendered
  if (ASCII.test(content)) return Response.over(status, headers, content)
  return Response.over(status, headers, Buffer.from(content, 'latin1'), content)
}

/**
 * The lines that go to the client as they are: all but Content-Length. Undefined where one is for who reads the answer: a
 * length that is not that of the content, a field of the connection, a word of the object server.
 */
function clientLines(lines: string, size: number): string | undefined {
  let shown = lines
  for (let at = 0; at < lines.length; ) {
    const colon = lines.indexOf(':', at)
    const end = lines.indexOf('\r\n', colon) + 2
    switch (colon - at) {
      case 14:
        if (isNamed(lines, at, 99, 'content-length')) {
          // A second one is left to those who compare them.
          if (shown !== lines || Number(lines.slice(colon + 1, end)) !== size) return undefined
          shown = lines.slice(0, at) + lines.slice(end)
        }
        break
      case 12:
        if (isNamed(lines, at, 111, 'oriel-answer')) return undefined
        break
      case 2:
      case 4:
      case 7:
      case 10:
      case 16:
      case 17:
        if (OF_THE_CONNECTION.test(lines.slice(at, colon))) return undefined
    }
    at = end
  }
  return shown
}

const OF_THE_CONNECTION = /^(?:te|date|trailer|upgrade|connection|keep-alive|proxy-connection|transfer-encoding)$/i

/** @param first The code of the first letter of the name, in lower case. */
function isNamed(lines: string, at: number, first: number, name: string): boolean {
  return (lines.charCodeAt(at) | 32) === first && lines.slice(at, at + name.length).toLowerCase() === name
}

import type { Body } from '../../message/body.ts'
import type { Response } from '../../message/response.ts'
import { isBodiless } from '../../message/status.ts'
import type { OwnFields } from '../../protocol/http1/own-fields.ts'
import {
  ownLines,
  type RenderedFields,
  renderFields,
  statusLine,
  usualAnswer,
} from '../../protocol/http1/response-head.ts'
import { contentSize } from '../content-size.ts'

/** How an answer goes out: its head as text, and how the end of its content is known to the client. */
export interface Answer {
  /** The head, and behind it the content where that is kept as text. */
  readonly text: string
  /** The content that follows the text, null for none. */
  readonly body: Body
  /** Bytes of content that are sent, `chunked`, or `close` for HTTP/1.0, where only the end of the connection ends it. */
  readonly framing: number | 'chunked' | 'close'
  readonly keepAlive: boolean
}

export interface Asked {
  readonly method: string
  /** The minor version of the request. */
  readonly minor: number
  readonly keepAlive: boolean
}

/** Decides framing and connection of an answer (RFC 9112 §6, §9.3), and renders its head. */
export function answerOf(asked: Asked, response: Response, own: OwnFields): Answer {
  const { status } = response
  const fields = renderFields(response.peek())
  const size = contentSize(asked.method, response.body, fields.contentLength)
  const body = asked.method === 'HEAD' || isBodiless(status) ? null : response.body
  const chunked = size === undefined && asked.minor > 0
  const framing = body === null ? 0 : (size ?? (chunked ? 'chunked' : 'close'))
  const keepAlive = asked.keepAlive && !fields.close && framing !== 'close'
  if (
    status === 200 &&
    size !== undefined &&
    keepAlive &&
    asked.minor > 0 &&
    response.statusText === '' &&
    !fields.hasDate
  ) {
    const content = body === null ? undefined : response.latin1
    const text = usualAnswer(fields, size, own, content ?? '')
    return { text, body: content === undefined ? body : null, framing, keepAlive }
  }
  const framingLine = isBodiless(status)
    ? status === 205
      ? 'Content-Length: 0\r\n'
      : ''
    : size !== undefined
      ? `Content-Length: ${size}\r\n`
      : // Of HEAD too it would be allowed (RFC 9112 §6.1), but many clients then wait for chunks.
        chunked && body !== null
        ? 'Transfer-Encoding: chunked\r\n'
        : ''
  return {
    text: headText(response, fields, framingLine, keepAlive, asked.minor, own),
    body,
    framing,
    keepAlive,
  }
}

function headText(
  response: Response,
  fields: RenderedFields,
  framing: string,
  keepAlive: boolean,
  minor: number,
  own: OwnFields,
): string {
  const connection = keepAlive ? (minor > 0 ? '' : 'Connection: keep-alive\r\n') : 'Connection: close\r\n'
  return `${startOf(response, fields, own)}${framing}${connection}${upgradeLines(response, fields)}\r\n`
}

/** Only where the status is about it (RFC 9110 §15.2.2, §15.5.22): Upgrade and the option that must go with it (§7.8). */
function upgradeLines({ status }: Response, { upgrade }: RenderedFields): string {
  if (status !== 101 && (status !== 426 || upgrade === undefined)) return ''
  return `Connection: Upgrade\r\n${upgrade === undefined ? '' : `Upgrade: ${upgrade}\r\n`}`
}

function startOf(response: Response, fields: RenderedFields, own: OwnFields): string {
  return `${statusLine(response.status, response.statusText)}${ownLines(fields, own)}${fields.text}`
}

/** The head of a 101, or of a 2xx to CONNECT: the connection is taken over after it (RFC 9110 §7.8, §9.3.6). */
export function upgradeHead(response: Response, own: OwnFields): string {
  const fields = renderFields(response.peek())
  return `${startOf(response, fields, own)}${upgradeLines(response, fields)}\r\n`
}

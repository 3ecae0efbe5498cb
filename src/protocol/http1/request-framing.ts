import type { Headers } from '../../message/headers.ts'
import { renderTrailers } from './response-head.ts'

/** What a request says of its content and of its connection. */
export interface RequestFraming {
  readonly method: string
  /** Of the content, in bytes; `chunked` where it is not known, `none` where there is no content. */
  readonly content: number | 'chunked' | 'none'
  /** Whether the connection is to be closed after the answer. */
  readonly close: boolean
  /** The protocols that the connection may be switched to (RFC 9110 §7.8). */
  readonly upgrade: string | undefined
  /** Whether fields behind the content of the answer are wanted (RFC 9110 §10.1.4). */
  readonly trailers: boolean
}

/** Methods whose requests have a content, so that one of no bytes is said to have none (RFC 9110 §8.6). */
const HAS_CONTENT = /^(?:POST|PUT|PATCH)$/

/** The lines of a request that the sender of its connection writes, and the empty line that ends the head. */
export function framingLines({ method, content, close, upgrade, trailers }: RequestFraming): string {
  const framing = contentLine(method, content)
  if (!close && upgrade === undefined && !trailers) return framing === '' ? '\r\n' : `${framing}\r\n`
  const options: string[] = []
  let lines = framing
  if (close) options.push('close')
  if (trailers) {
    options.push('TE')
    lines += 'TE: trailers\r\n'
  }
  if (upgrade !== undefined) {
    options.push('Upgrade')
    lines += `Upgrade: ${upgrade}\r\n`
  }
  return `${lines}Connection: ${options.join(', ')}\r\n\r\n`
}

function contentLine(method: string, content: number | 'chunked' | 'none'): string {
  if (content === 'none') return HAS_CONTENT.test(method) ? 'Content-Length: 0\r\n' : ''
  return content === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${content}\r\n`
}

/** What stands before a chunk of so many bytes, at least one (RFC 9112 §7.1); CR LF stands behind it. */
export function chunkStart(size: number): string {
  return `${size.toString(16)}\r\n`
}

/** The end of a chunked content, with the fields that may stand there (RFC 9112 §7.1.2). */
export function lastChunk(trailers: Headers | undefined): string {
  return trailers === undefined ? '0\r\n\r\n' : `0\r\n${renderTrailers(trailers)}\r\n`
}

import { Headers } from '../../message/headers.ts'
import { FastCgiFault } from './fault.ts'

/** Bytes that they may have: one record has them all. */
const MOST = 32768

const LINES = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/

/** The fields behind a content as one record has them (see TRAILERS); none where they are too many. */
export function trailersOf(fields: Headers): Uint8Array {
  const text = fields.lines()
  return Buffer.from(text.length > MOST ? '' : text, 'latin1')
}

/** @throws FastCgiFault for what are no field lines. */
export function readTrailers(bytes: Uint8Array): Headers {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  if (!LINES.test(text)) throw new FastCgiFault('the fields behind a content are none')
  return Headers.fromLines(text)
}

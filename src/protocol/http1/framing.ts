import { trimOws } from '../../message/fields.ts'
import { ProtocolError } from './errors.ts'
import { type RequestHead, SEEN_CONTENT_LENGTH, SEEN_TRANSFER_ENCODING } from './request-head.ts'

/** How the end of a body is known (RFC 9112 §6.3): a size in bytes, chunks, or there is no body. A closed choice. */
export type Framing = number | 'chunked' | 'none'

const DIGITS = /^\d{1,16}$/

/**
 * The framing of a request (RFC 9112 §6.3). A message whose length could be read in two ways is refused, and the
 * connection closed, for that is how requests are smuggled past one reader to another.
 * @throws ProtocolError 400 for Content-Length beside Transfer-Encoding, Content-Length that is repeated or no plain
 * number, chunked that is repeated or not last, Transfer-Encoding in HTTP/1.0; 501 for a coding that is not known.
 */
export function requestFraming(
  head: Pick<RequestHead, 'seen' | 'minor' | 'contentLength' | 'transferEncoding'>,
): Framing {
  if ((head.seen & SEEN_TRANSFER_ENCODING) !== 0) {
    if ((head.seen & SEEN_CONTENT_LENGTH) !== 0) throw bad('Content-Length stands beside Transfer-Encoding')
    if (head.minor === 0) throw bad('HTTP/1.0 has no Transfer-Encoding')
    return transferCoding(head.transferEncoding)
  }
  if ((head.seen & SEEN_CONTENT_LENGTH) === 0) return 'none'
  // A list of equal lengths may be taken as one (RFC 9110 §8.6); it is refused, as the parsers before us might not.
  if (!DIGITS.test(head.contentLength)) throw bad('Content-Length is no plain number')
  const size = Number(head.contentLength)
  if (!Number.isSafeInteger(size)) throw bad('Content-Length is too large')
  return size
}

function transferCoding(field: string): Framing {
  if (field.toLowerCase() === 'chunked') return 'chunked'
  const codings = field.split(',').map((coding) => trimOws(coding).toLowerCase())
  const wellFormed = codings.every((coding) => /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(coding))
  if (wellFormed && codings.indexOf('chunked') === codings.length - 1) {
    throw new ProtocolError(501, 'transfer-coding', `the transfer coding ${field} is not known here`)
  }
  throw bad('Transfer-Encoding is malformed, or chunked is not last')
}

function bad(message: string): ProtocolError {
  return new ProtocolError(400, 'framing', message)
}

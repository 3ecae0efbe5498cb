import { type Body, cancelBody, isAsyncIterable, isSized, knownSize } from './body.ts'
import { ByteRanges, cut, PartOf } from './byteranges.ts'
import { precondition, rangeApplies, type Validators } from './conditions.ts'
import { parseHttpDate } from './dates.ts'
import { HttpError } from './errors.ts'
import type { Headers } from './headers.ts'
import { parseRanges } from './ranges.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'

/** What a 304 must not repeat: it describes content that is not sent (RFC 9110 §15.4.5). */
const NOT_IN_304 = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-range',
  'accept-ranges',
  'last-modified',
]

/**
 * Conditions and ranges of GET and HEAD (RFC 9110 §13, §14), for any 200 that has an ETag or a Last-Modified,
 * whoever made it: a gateway is the origin server to its clients (RFC 9110 §3.7), and an upstream that has looked at them
 * itself has not answered 200. Writing methods evaluate their own conditions before they act.
 * @throws HttpError 412 or 416.
 */
export function selective(request: Request, response: Response): Response {
  if (response.status !== 200 || !request.selective) return response
  const method = request.method
  if (method !== 'GET' && method !== 'HEAD') return response
  const fields = response.peek()
  const validators = validatorsOf(fields)
  if (validators === undefined) return response
  const verdict = precondition(method, request.headers, validators)
  if (verdict === 412) {
    cancelBody(response.body)
    throw new HttpError(412)
  }
  if (verdict === 304) return notModified(response, validators)
  const range = method === 'GET' ? request.headers.get('range') : null
  if (range === null || !rangeApplies(request.headers, validators)) return response
  return ranged(response, range)
}

function validatorsOf(fields: Headers): Validators | undefined {
  const etag = fields.get('etag')
  const modified = fields.get('last-modified')
  if (etag === null && modified === null) return undefined
  return { etag, lastModified: modified === null ? undefined : parseHttpDate(modified) }
}

function notModified(response: Response, { etag }: Validators): Response {
  cancelBody(response.body)
  const made = response.with({ status: 304, body: null })
  for (const name of NOT_IN_304) if (name !== 'last-modified' || etag !== null) made.headers.delete(name)
  return made
}

function ranged(response: Response, field: string): Response {
  const { body } = response
  const fields = response.peek()
  const cuttable = typeof body === 'string' || body instanceof Uint8Array || isSized(body)
  const size = cuttable || body === null ? knownSize(body) : streamSize(body, fields)
  if (size === undefined || fields.get('accept-ranges') === 'none') return response
  const ranges = parseRanges(field, size)
  // Of what passes by once one part can be taken; several may be asked for in any order (RFC 9110 §14.2: MAY ignore).
  if (ranges === 'whole' || (!cuttable && ranges.length > 1 && ranges !== 'unsatisfiable')) return response
  if (ranges === 'unsatisfiable') {
    cancelBody(body)
    throw new HttpError(416, { headers: { 'Content-Range': `bytes */${size}` } })
  }
  const [only] = ranges
  if (only === undefined) return response
  const made = response.with({ status: 206 })
  made.headers.delete('content-length')
  if (ranges.length === 1) {
    made.headers.set('Content-Range', `bytes ${only.start}-${only.end - 1}/${size}`)
    return made.with({
      body: isAsyncIterable(body) && !isSized(body) ? new PartOf(body, only, size) : (cut(body, only) ?? null),
    })
  }
  const parts = new ByteRanges(body, ranges, size, fields.get('content-type'))
  made.headers.set('Content-Type', parts.type)
  return made.with({ body: parts })
}

/** Bytes of a content that comes piece by piece, where whoever sends it has said so. */
function streamSize(body: Body, fields: Headers): number | undefined {
  if (!isAsyncIterable(body)) return undefined
  const length = fields.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

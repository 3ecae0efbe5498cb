import type { Headers } from '../message/headers.ts'
import { CgiFault } from '../protocol/cgi/head.ts'

/** How a back end says where the content of its answer ends, beside that it ends. */
export interface AnswerFraming {
  /** Bytes by Content-Length. */
  readonly declared: number | undefined
  readonly chunked: boolean
}

const UNFRAMED: AnswerFraming = { declared: undefined, chunked: false }

/**
 * What an answer says of its own length. It is held to it: a length that is wrong would have the client wait, or take
 * the rest for another answer.
 * @throws CgiFault for a length that is none or two, a coding that is not chunked, or both a length and a coding.
 */
export function bodyFraming(headers: Headers): AnswerFraming {
  if (!saysOfFraming(headers)) return UNFRAMED
  const length = headers.get('content-length')
  const coding = headers.get('transfer-encoding')
  if (coding !== null) {
    if (coding.toLowerCase() !== 'chunked') throw new CgiFault('its Transfer-Encoding is not chunked')
    if (length !== null) throw new CgiFault('it has both Transfer-Encoding and Content-Length')
    return { declared: undefined, chunked: true }
  }
  if (length === null) return UNFRAMED
  // The usual one.
  if (/^\d{1,15}$/.test(length)) return { declared: Number(length), chunked: false }
  const [first = '', ...others] = length.split(',').map((one) => one.trim())
  if (!/^\d{1,15}$/.test(first) || others.some((one) => one !== first)) {
    throw new CgiFault('its Content-Length is no length')
  }
  return { declared: Number(first), chunked: false }
}

/** Whether there is a field as long as one of the two, which mostly there is not. */
function saysOfFraming(headers: Headers): boolean {
  const fields = headers.fields()
  for (let i = 0; i < fields.length; i += 2) {
    const { length } = fields[i] as string
    if (length === 14 || length === 17) return true
  }
  return false
}

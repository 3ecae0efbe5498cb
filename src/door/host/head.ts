import type { Headers } from '../../message/headers.ts'
import type { Request } from '../../message/request.ts'
import type { Response } from '../../message/response.ts'
import { isBodiless, reasonPhrase } from '../../message/status.ts'
import { renderFields, sentFields } from '../../protocol/http1/response-head.ts'
import { mayTrail } from '../../protocol/http1/trailers.ts'

/** What a host is given of the head of an answer. */
export interface Head {
  readonly status: number
  readonly statusText: string
  /** Name, value, name, value. */
  readonly fields: readonly string[]
}

/** @param size Bytes of the content, where they are known: of HEAD those that GET would have. */
export function headOf(response: Response, size: number | undefined, version: string): Head {
  const { status, statusText } = response
  const fields = sentFields(response.peek())
  const length = lengthOf(status, size)
  if (length !== undefined) fields.push('Content-Length', String(length))
  // The one field of the connection whose status is about it (RFC 9110 §15.5.22, §7.8).
  const { upgrade } = renderFields(response.peek())
  if (status === 426 && upgrade !== undefined && version === '1.1') {
    fields.push('Connection', 'Upgrade', 'Upgrade', upgrade)
  }
  return { status, statusText: statusText === '' ? reasonPhrase(status) : statusText, fields }
}

/** None where the status says all (RFC 9110 §8.6), 0 for a 205 (§15.3.6). */
function lengthOf(status: number, size: number | undefined): number | undefined {
  if (isBodiless(status)) return status === 205 ? 0 : undefined
  return size
}

/** Whether the client says that it reads trailers (RFC 9110 §10.1.4). */
export function takesTrailers(request: Request): boolean {
  return /(?:^|,)\s*trailers\s*(?:,|;|$)/i.test(request.headers.get('te') ?? '')
}

/** Without those that may not stand behind the content (RFC 9110 §6.5.1). */
export function trailersOf(trailers: Headers): string[] {
  const list: string[] = []
  for (const [name, value] of trailers.raw()) if (mayTrail(name)) list.push(name, value)
  return list
}

/** Bytes of field lines in HTTP/1: an estimate, for the host frames them as it likes. */
export function sizeOfFields(fields: readonly string[]): number {
  let size = 0
  for (const text of fields) size += text.length + 2
  return size
}

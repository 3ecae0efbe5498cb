import { type Body, knownSize } from '../message/body.ts'

/** A resource that answers HEAD itself without content may say the size that GET would have (RFC 9110 §8.6). */
export function contentSize(method: string, body: Body, said: number | undefined): number | undefined {
  return body === null && method === 'HEAD' ? (said ?? 0) : (sizeOf(body) ?? said)
}

/** Up to this length counting is quicker than calling the system's counter. */
const SHORT = 64

function sizeOf(body: Body): number | undefined {
  return typeof body === 'string' && body.length > SHORT ? Buffer.byteLength(body) : knownSize(body)
}

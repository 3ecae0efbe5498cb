import { isIP } from 'node:net'
import type { Connection } from '../../message/connection.ts'
import type { Request } from '../../message/request.ts'

/** Which fields tell of the client. */
export interface Telling {
  /** X-Forwarded-For, -Proto and -Host. */
  readonly common: boolean
  /** Forwarded (RFC 7239). */
  readonly standard: boolean
  /** Those of them that are not told all the same, in lower case. */
  readonly without: ReadonlySet<string>
}

/**
 * Who the client is, as lines. What it says of itself is not among it, and neither is a list of proxies: those that are
 * trusted were believed already, and the address is that of the client that was found so.
 */
export function clientLines(request: Request, connection: Connection, telling: Telling): string {
  const { common, standard, without } = telling
  const address = addressOf(connection.clientAddress)
  const proto = connection.secure ? 'https' : 'http'
  const { authority } = request
  let lines = ''
  if (common) {
    if (!without.has('x-forwarded-for')) lines += `X-Forwarded-For: ${address}\r\n`
    if (!without.has('x-forwarded-proto')) lines += `X-Forwarded-Proto: ${proto}\r\n`
    if (authority !== '' && !without.has('x-forwarded-host')) lines += `X-Forwarded-Host: ${authority}\r\n`
  }
  if (standard && !without.has('forwarded')) {
    // RFC 7239 §6: an IPv6 address has brackets, and with them or a port a value is quoted.
    const from = address.includes(':') ? `"[${address}]"` : address
    lines += `Forwarded: for=${from};proto=${proto}${authority === '' ? '' : `;host=${quoted(authority)}`}\r\n`
  }
  return lines
}

/** An IPv4 address that came over IPv6 as itself; `unknown` for a Unix socket, and where proxies contradict each other. */
function addressOf(address: string): string {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  const zone = plain.indexOf('%')
  const bare = zone < 0 ? plain : plain.slice(0, zone)
  return isIP(bare) === 0 ? 'unknown' : bare
}

function quoted(authority: string): string {
  return /^[\w.~!$&'*+-]+$/.test(authority) ? authority : `"${authority}"`
}

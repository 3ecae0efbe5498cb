import { isIP } from 'node:net'
import { isLoopback, plainAddress } from '../io/addresses.ts'
import type { Connection } from '../message/connection.ts'
import type { Request } from '../message/request.ts'
import { hostOf } from '../message/target.ts'

/** What proxies add: behind one, this machine is not where the client is. */
const BY_A_PROXY = [
  ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-server'],
  ...['x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip'],
]

/**
 * Whether a client may see stacks and source: it is on this machine, and it asked for this machine. A page of somebody
 * else whose name was made to lead here (DNS rebinding) is refused by its Host, one that asks from another origin by
 * what browsers say of that (Fetch Metadata).
 */
export function isDeveloper({ authority, headers }: Request, { remote, clientAddress }: Connection): boolean {
  if (!isOwnAddress(remote.address) || !isOwnAddress(clientAddress) || !isOwnName(hostOf(authority))) return false
  if (BY_A_PROXY.some((name) => headers.has(name))) return false
  const from = headers.get('sec-fetch-site')
  if (from !== null) return from !== 'cross-site' || headers.get('sec-fetch-mode') === 'navigate'
  const origin = headers.get('origin')
  // Older browsers (RFC 6454 §7); a page that keeps its origin to itself (`null`) may be anybody's.
  return origin === null || (URL.canParse(origin) && isOwnName(new URL(origin).hostname))
}

/** A Unix socket has no address: whoever is behind it is a proxy as a rule. */
function isOwnAddress(address: string): boolean {
  return isIP(plainAddress(address)) !== 0 && isLoopback(address)
}

function isOwnName(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  return isOwnAddress(host.replace(/^\[(.*)\]$/, '$1'))
}

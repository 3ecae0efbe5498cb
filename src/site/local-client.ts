import { isIP } from 'node:net'
import { isLoopback, plainAddress } from '../io/addresses.ts'
import type { Connection } from '../message/connection.ts'
import type { Request } from '../message/request.ts'
import { hostOf } from '../message/target.ts'

/** What proxies add: behind one, this machine is not where the client is. */
const BY_A_PROXY = /^(?:via|cdn-loop|.*forwarded(?:-.*)?|.*-(?:real|client|connecting)-ip)$/i

/**
 * Whether a client is on this machine, and asked for this machine. A page of somebody else whose name was made to lead here
 * (DNS rebinding) is refused by its Host: browsers send the name that the page has.
 * @param sockets Whether clients of a Unix socket, which has no addresses, are on this machine.
 */
export function isLocalClient(request: Request, { remote, clientAddress }: Connection, sockets: boolean): boolean {
  const isOwn = (address: string): boolean => (address === '' ? sockets : isOwnAddress(address))
  if (!isOwn(remote.address) || !isOwn(clientAddress) || !isOwnName(hostOf(request.authority))) return false
  const fields = request.headers.fields()
  for (let i = 0; i < fields.length; i += 2) if (BY_A_PROXY.test(fields[i] as string)) return false
  return true
}

/** Whether a page of another origin asks, by what browsers say of that (Fetch Metadata); to go there by a link is none of that. */
export function isFromElsewhere({ headers }: Request): boolean {
  const from = headers.get('sec-fetch-site')
  if (from !== null) return from === 'cross-site' && headers.get('sec-fetch-mode') !== 'navigate'
  const origin = headers.get('origin')
  // Older browsers (RFC 6454 §7); a page that keeps its origin to itself (`null`) may be anybody's.
  return origin !== null && !(URL.canParse(origin) && isOwnName(new URL(origin).hostname))
}

function isOwnAddress(address: string): boolean {
  return isIP(plainAddress(address)) !== 0 && isLoopback(address)
}

function isOwnName(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  return isOwnAddress(host.replace(/^\[(.*)\]$/, '$1'))
}

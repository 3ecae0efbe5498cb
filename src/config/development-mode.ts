import { isIP } from 'node:net'
import { isLoopback } from '../io/addresses.ts'
import type { ListenAddress } from '../io/bound.ts'
import type { Config } from './config.ts'

/**
 * What an operator should know of development where others can reach the server. It is told and not refused: stacks and
 * source are shown to clients on this machine alone, and in a container there is no other way to listen.
 */
export function developmentWarnings(
  { development, trustedProxies }: Config,
  listen: readonly ListenAddress[],
): string[] {
  if (development !== true) return []
  const open = listen.filter(({ unix, host = '127.0.0.1' }) => unix !== undefined || !isHere(host))
  const where = open.map(({ unix, host, port }) => (unix === undefined ? `${host}:${port}` : `unix:${unix}`))
  const proxies = trustedProxies !== undefined && trustedProxies.length > 0
  if (where.length === 0 && !proxies) return []
  const reached = where.length > 0 ? `others can reach ${where.join(' and ')}` : 'there are trustedProxies'
  return [
    `development is on, and ${reached}: only clients on this machine are shown stacks and source, but a server for others should not have it on.`,
  ]
}

function isHere(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))
}

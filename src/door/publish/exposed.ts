import { isLoopback } from '../../io/addresses.ts'

/**
 * Whether others than this machine may connect, and nobody has said who. Whoever connects is believed in who the user
 * is, so that must be said. @param address As a server of ours is named by: `unix:PATH`, `descriptor 0`, `host:port`.
 */
export function isExposed(
  address: string,
  allowed: readonly string[] | undefined,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const [, ip6, ip4] = /^(?:\[(.+)\]|([\d.]+)):\d+$/.exec(address) ?? []
  const ip = ip6 ?? ip4
  const named = allowed !== undefined || (env['FCGI_WEB_SERVER_ADDRS'] ?? '').trim() !== ''
  return ip !== undefined && !isLoopback(ip) && !named
}

/** What to do about it. */
export function exposedFault(address: string): TypeError {
  return new TypeError(
    `${address} can be reached from other machines, and whoever connects is believed in who the user is: say who may, ` +
      "as in { listen, webServerAddresses: ['10.0.0.7'] }, or by FCGI_WEB_SERVER_ADDRS",
  )
}

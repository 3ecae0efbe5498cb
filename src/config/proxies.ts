import { resolve } from 'node:path'
import type { ListenAddress } from '../io/bound.ts'
import { type ProxyAddress, proxyAddresses } from '../resource/proxy/addresses.ts'
import type { ProxyGiven, ProxyOptions } from '../resource/proxy/options.ts'
import type { Route } from '../site/route.ts'
import type { KeyPath } from './place.ts'

type Refuse = (path: KeyPath, why: string) => never

/** Names and addresses of this machine, and of all its addresses, as far as that is easily seen. */
const HERE = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1?\]?|0\.0\.0\.0)$/

/**
 * Checks that a proxy does not forward to this very server, which would do the same with it.
 * @param listen Where this server listens, its paths absolute.
 */
export function checkProxy(
  { proxy }: Route,
  path: KeyPath,
  listen: readonly ListenAddress[],
  base: string,
  refuse: Refuse,
): void {
  if (proxy === undefined) return
  for (const address of addressesOf(proxy, base)) {
    if (listen.some((own) => isSame(address, own))) {
      refuse(
        [...path, 'proxy'],
        `${address.text} is where this server itself listens: requests would go round in a circle`,
      )
    }
  }
}

/** The files with certificates and keys that proxies name: never served. */
export function proxyFiles(routes: readonly Route[], base: string): string[] {
  return routes.flatMap(({ proxy }) => {
    if (proxy === undefined || !isOptions(proxy)) return []
    const { ca, cert, key } = proxy.tls ?? {}
    return [ca, cert, key].filter((file) => file !== undefined).map((file) => resolve(base, file))
  })
}

/** What is no address is told of where the route is built. */
function addressesOf(proxy: ProxyGiven, base: string): readonly ProxyAddress[] {
  try {
    return proxyAddresses(isOptions(proxy) ? proxy.address : proxy, base)
  } catch {
    return []
  }
}

function isOptions(proxy: ProxyGiven): proxy is ProxyOptions {
  return typeof proxy === 'object' && !Array.isArray(proxy)
}

function isSame({ text, origin }: ProxyAddress, { port, host, unix }: ListenAddress): boolean {
  if (unix !== undefined) return text === `unix:${unix}`
  if (port === undefined || port === 0 || text.startsWith('unix:')) return false
  const [, scheme, name = '', named] = /^(https?):\/\/(\[.*\]|[^:]*)(?::(\d+))?$/.exec(origin) ?? []
  if (Number(named ?? (scheme === 'https' ? 443 : 80)) !== port) return false
  return (HERE.test(name) && (host === undefined || HERE.test(host))) || name === host?.toLowerCase()
}

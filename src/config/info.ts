import { isIP } from 'node:net'
import type { Access } from '../access/access.ts'
import { isLoopback } from '../io/addresses.ts'
import type { ListenAddress } from '../io/bound.ts'
import type { SiteInfoOptions } from '../site/info-route.ts'
import type { Config } from './config.ts'

const TIMEOUT = 1000

/** Who is told, where the config says so of this alone. */
export function infoAccess({ info }: Pick<Config, 'info'>): Access | undefined {
  return typeof info === 'object' ? info.access : undefined
}

/**
 * Whether, and whom, a site tells what it has. By itself only clients of this machine, and only where nobody else can come:
 * every address is one of this machine, and no proxy is named.
 * @param listen None where somebody else listens for the site.
 * @throws TypeError for a config that would tell everybody without saying so.
 */
export function infoOptions(config: Config, listen: readonly ListenAddress[] = []): SiteInfoOptions | undefined {
  const { info, access: ofSite } = config
  if (info === false) return undefined
  const { access, timeout = TIMEOUT } = typeof info === 'object' ? info : {}
  if (access !== undefined) return { access, timeout }
  const why = reachedBy(config, listen)
  if (why === undefined) {
    return { local: listen.some(({ unix }) => unix !== undefined) ? 'sockets' : 'addresses', timeout }
  }
  if (info === undefined) return undefined
  if (ofSite !== undefined && ofSite !== 'public') return { timeout }
  throw new TypeError(
    `${why}: say who is told what the site has, as in info: { access: { … } }; access: 'public' tells everybody`,
  )
}

/** How others than this machine come to a site; undefined where they do not. */
function reachedBy({ trustedProxies }: Config, listen: readonly ListenAddress[]): string | undefined {
  if (listen.length === 0) return 'another server listens for it'
  const open = listen.find(({ unix, host = '127.0.0.1' }) => unix === undefined && !isHere(host))
  if (open !== undefined) return `others can reach ${open.host}:${open.port}`
  return trustedProxies !== undefined && trustedProxies.length > 0 ? 'there are trustedProxies' : undefined
}

function isHere(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && isLoopback(host))
}

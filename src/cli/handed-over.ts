import { addressesOf } from '../config/build.ts'
import { type Config, ConfigError } from '../config/config.ts'
import { adoptDescriptor, type Bound, keysOf, type ListenAddress } from '../io/bound.ts'
import { findSocket, matchSockets } from '../io/inherited.ts'
import { inheritedSockets } from '../io/systemd.ts'
import type { Read } from '../server/reading.ts'

/** The config as it is read by a process that was given something to begin with. */
export interface HandedOver {
  /** @throws ConfigError for a socket that no address of the config is for. */
  readonly read: Read
  /** Addresses that are taken already, by key; those of the service manager once the config was read. */
  readonly bounds: ReadonlyMap<string, Bound>
  /** What whoever starts it may want to know of the certificate, once the config was read. */
  readonly sentence: string | undefined
}

/**
 * Reads a config together with what the service manager hands over (socket activation) and what the command line says.
 * Where the config does not say where to listen, the sockets do.
 */
export function handedOver(given: Read, tls: boolean, predecessor: ReadonlyMap<string, Bound> = new Map()): HandedOver {
  const sockets = inheritedSockets().map(findSocket)
  const bounds = new Map(predecessor)
  let sentence: string | undefined
  // A predecessor had them of the service manager: they are still where a config without `listen` listens.
  const kept = [...predecessor.values()].filter(({ foreign }) => foreign).map(({ address }) => placeOf(address))
  const placed = (config: Config, base: string): Config => {
    if (config.listen === undefined && kept.length > 0) return { ...config, listen: kept }
    if (sockets.length === 0) return config
    const { listen, faults } = matchSockets(config.listen && addressesOf(config, base), sockets)
    if (faults.length > 0) throw new ConfigError(faults.join('\n'))
    for (const [i, key] of keysOf(listen).entries()) {
      const { fd, ...address } = listen[i] ?? {}
      if (fd !== undefined && !bounds.has(key)) bounds.set(key, adoptDescriptor(address, fd))
    }
    return { ...config, listen: listen.map(({ fd: _, ...address }) => address) }
  }
  const read: Read = async (modules) => {
    const { config, build } = await given(modules)
    const here = placed(config, build.base)
    if (!tls) return { config: here, build }
    const { withDevelopmentTls } = await import('../config/development.ts')
    const development = withDevelopmentTls(here)
    sentence = development.sentence
    return { config: development.config, build }
  }
  return {
    read,
    bounds,
    get sentence() {
      return sentence
    },
  }
}

function placeOf({ unix, host, port }: ListenAddress): ListenAddress {
  if (unix !== undefined) return { unix }
  return { ...(host !== undefined && { host }), ...(port !== undefined && { port }) }
}

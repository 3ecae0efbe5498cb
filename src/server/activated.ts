import { ConfigError } from '../config/config.ts'
import { adoptDescriptor, type Bound } from '../io/bound.ts'
import { findSocket, matchSockets } from '../io/inherited.ts'
import type { InheritedSocket } from '../io/systemd.ts'
import { listensAt, type Reading } from './reading.ts'

/**
 * The addresses of a reading for which the service manager has opened sockets, by key, as a predecessor hands them over.
 * @throws ConfigError for each socket that no entry of `listen` is for.
 */
export function boundsOf(sockets: readonly InheritedSocket[], reading: Reading): Map<string, Bound> {
  const addresses = listensAt(reading)
  const { listen, faults } = matchSockets([...addresses.values()], sockets.map(findSocket))
  if (faults.length > 0) throw new ConfigError(faults.join('\n'))
  const bounds = new Map<string, Bound>()
  for (const [i, key] of [...addresses.keys()].entries()) {
    const { fd, ...address } = listen[i] ?? {}
    if (fd !== undefined) bounds.set(key, adoptDescriptor(address, fd))
  }
  return bounds
}

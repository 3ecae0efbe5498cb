import { addressesOf, type BuildOptions } from '../config/build.ts'
import type { Config } from '../config/config.ts'
import type { Modules } from '../config/modules.ts'
import type { ListenAddress } from '../io/bound.ts'
import { keysOf } from '../io/bound.ts'
import { type Certificate, readAuthorities, readCertificates } from '../io/certificate.ts'

/** What is to be served, as its files say now. */
export interface Reading {
  readonly config: Config
  readonly build: BuildOptions
}

/** Reads it. Called at start and at every reload, each time with modules of their own. @throws ConfigError. */
export type Read = (modules: Modules) => Promise<Reading>

/** Where a reading listens, by key. */
export function listensAt({ config, build }: Reading): Map<string, ListenAddress> {
  const addresses = addressesOf(config, build.base)
  return new Map(keysOf(addresses).map((key, i) => [key, addresses[i] as ListenAddress]))
}

/** The certificates of addresses by key, but for automatic ones. @throws Error that names the file that cannot be read. */
export function certificatesOf(addresses: ReadonlyMap<string, ListenAddress>): Record<string, Certificate[]> {
  const read: Record<string, Certificate[]> = {}
  for (const [key, { tls }] of addresses) if (typeof tls === 'object') read[key] = readCertificates(tls)
  return read
}

/** The authorities of certificates of clients, PEM, by key. @throws Error that names the file that cannot be read. */
export function authoritiesOf(addresses: ReadonlyMap<string, ListenAddress>): Record<string, string> {
  const read: Record<string, string> = {}
  for (const [key, { clients }] of addresses) if (clients !== undefined) read[key] = readAuthorities(clients)
  return read
}

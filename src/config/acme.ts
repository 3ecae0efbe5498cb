import { readFileSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import type { AutomaticCertificates } from '../acme/automatic.ts'
import { type AcmeOptions, DEFAULT_FOLDER } from '../acme/options.ts'
import type { ListenAddress } from '../io/bound.ts'
import { faultAt, type Source } from './check.ts'
import { type Config, ConfigError } from './config.ts'
import type { KeyPath } from './place.ts'

export interface AcmePlace {
  readonly base: string
  readonly source: Source
  /** What ordered certificates for the config before. */
  readonly acme?: AutomaticCertificates | undefined
  /** Only to explain: nothing is loaded. */
  readonly explaining?: boolean
}

/** The folder of the keys, which is never served; undefined where certificates are not automatic. */
export function acmeFolder({ acme }: Config, base: string): string | undefined {
  return acme === undefined ? undefined : resolve(base, acme.folder ?? DEFAULT_FOLDER)
}

/**
 * What gives certificates, or undefined where nobody listens with `tls: 'acme'`. Writes nothing and asks nobody.
 * @throws ConfigError that says which key is wrong.
 */
export async function buildAcme(config: Config, place: AcmePlace): Promise<AutomaticCertificates | undefined> {
  const { acme, listen, report = () => undefined } = config
  const fault = (path: KeyPath, text: string, cause?: unknown): ConfigError =>
    new ConfigError(faultAt(path, text, place.source), { cause })
  const user = listen?.findIndex(({ tls }) => tls === 'acme') ?? -1
  if (acme === undefined) {
    if (user >= 0)
      throw fault(['listen', user, 'tls'], 'needs the key acme: { names, agree }, see docs/certificates.md')
    return undefined
  }
  if (listen !== undefined && user < 0) {
    throw fault(['acme'], 'nothing uses it: write tls: "acme" where you listen for https, usually on port 443')
  }
  const folder = acmeFolder(config, place.base) ?? ''
  if (isWithin(place.base, folder))
    throw fault(['acme', 'folder'], 'expected a folder of its own: nothing in it is served')
  const challenge = acme.challenge ?? (listen?.some(isPort80) ? 'http-01' : 'tls-alpn-01')
  if (challenge === 'http-01' && listen?.every(({ tls }) => tls !== undefined)) {
    throw fault(['acme', 'challenge'], 'http-01 needs a place to listen without TLS, which port 80 leads to')
  }
  if (user < 0 || place.explaining === true) return undefined
  const root = acme.root === undefined ? undefined : resolve(place.base, acme.root)
  try {
    if (root !== undefined) readFileSync(root)
  } catch (cause) {
    throw fault(['acme', 'root'], `${root} cannot be read: ${(cause as Error).message}`, cause)
  }
  const options = { ...defined(acme), names: [...new Set(acme.names)], folder, challenge }
  try {
    const [{ AutomaticCertificates }, { loadLibrary }] = await Promise.all([
      import('../acme/automatic.ts'),
      import('../acme/library.ts'),
    ])
    await loadLibrary()
    const wanted = { ...options, ...(root !== undefined && { root }) }
    // What runs already goes on: each new one would order at once, and authorities count orders.
    return place.acme?.takeOver(wanted, report) ?? new AutomaticCertificates(wanted, report)
  } catch (cause) {
    throw fault(['acme'], (cause as Error).message, cause)
  }
}

function isPort80({ port, tls }: ListenAddress): boolean {
  return port === 80 && tls === undefined
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way)
}

/** Undefined values count as left out, and must not hide a default. */
function defined(given: AcmeOptions): AcmeOptions {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as AcmeOptions
}

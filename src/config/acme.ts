import { readFileSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { type AcmeOptions, DEFAULT_FOLDER } from '../acme/options.ts'
import type { AutomaticOptions, ServedCertificates } from '../acme/served.ts'
import type { ListenAddress } from '../io/bound.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt, type Source } from './fault.ts'
import type { KeyPath } from './place.ts'

export interface AcmePlace {
  readonly base: string
  readonly source: Source
  /** False in a process that may not read keys. */
  readonly certificates?: boolean
  /** What ordered certificates for the config before, or what a process has that orders none. */
  readonly acme?: ServedCertificates | undefined
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
export async function buildAcme(config: Config, place: AcmePlace): Promise<ServedCertificates | undefined> {
  const { acme, report = () => undefined } = config
  const used = checkUse(config, place.source)
  if (acme === undefined) return undefined
  const options = decided(acme, config, place)
  if (!used || place.explaining === true) return undefined
  // What runs already goes on: each new one would order at once, and authorities count orders.
  const running = place.acme?.takeOver(options, report)
  if (running !== undefined) return running
  try {
    const [{ AutomaticCertificates }, { loadLibrary }] = await Promise.all([
      import('../acme/automatic.ts'),
      import('../acme/library.ts'),
    ])
    await loadLibrary()
    return new AutomaticCertificates(options, report)
  } catch (cause) {
    throw fault(place.source, ['acme'], (cause as Error).message, cause)
  }
}

/** Whether somebody listens with automatic certificates. A site without a front door needs not. */
function checkUse({ acme, listen = [] }: Config, source: Source): boolean {
  const user = listen.findIndex(({ tls }) => tls === 'acme')
  if (acme === undefined && user >= 0) {
    throw fault(source, ['listen', user, 'tls'], 'needs the key acme: { names, agree }, see docs/certificates.md')
  }
  if (acme !== undefined && user < 0 && listen.length > 0) {
    throw fault(source, ['acme'], 'nothing uses it: write tls: "acme" where you listen for https, usually on port 443')
  }
  return user >= 0
}

function decided(acme: AcmeOptions, { listen }: Config, place: AcmePlace): AutomaticOptions {
  const { base, source, certificates = true } = place
  const folder = resolve(base, acme.folder ?? DEFAULT_FOLDER)
  if (isWithin(base, folder)) {
    throw fault(source, ['acme', 'folder'], 'expected a folder of its own: nothing in it is served')
  }
  const challenge = acme.challenge ?? (listen?.some(isPort80) ? 'http-01' : 'tls-alpn-01')
  if (challenge === 'http-01' && listen?.every(({ tls }) => tls !== undefined)) {
    throw fault(source, ['acme', 'challenge'], 'http-01 needs a place to listen without TLS, which port 80 leads to')
  }
  const root = acme.root === undefined ? undefined : resolve(base, acme.root)
  try {
    if (root !== undefined && certificates) readFileSync(root)
  } catch (cause) {
    throw fault(source, ['acme', 'root'], `${root} cannot be read: ${(cause as Error).message}`, cause)
  }
  const names = [...new Set(acme.names)]
  return { ...defined(acme), names, folder, challenge, ...(root !== undefined && { root }) }
}

function fault(source: Source, path: KeyPath, text: string, cause?: unknown): ConfigError {
  return new ConfigError(faultAt(path, text, source), { cause })
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

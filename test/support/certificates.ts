import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { CertificateFiles } from '../../src/io/certificate.ts'
import { makeFolder } from './folder.ts'
import { findProgram, needPeer } from './peers.ts'

const made = new Map<string, CertificateFiles>()
let folder: string | undefined

/**
 * A self-signed certificate for some names, made by openssl; undefined where the test is skipped for want of it. The
 * same names give the same certificate.
 */
export function certificate(t: TestContext, ...names: string[]): CertificateFiles | undefined {
  const openssl = needPeer(t, 'openssl')
  return openssl === undefined ? undefined : certificateBy(openssl, names)
}

/** The same before any test runs; why there is none where openssl is absent. */
export function selfSigned(...names: string[]): CertificateFiles | string {
  const openssl = findProgram('openssl')
  if (openssl !== undefined) return certificateBy(openssl, names)
  if (process.env['ORIEL_REQUIRE_PEERS'] === '1') throw new Error('openssl is not installed (ORIEL_REQUIRE_PEERS=1)')
  return 'openssl is not installed, and this test needs it'
}

function certificateBy(openssl: string, names: readonly string[]): CertificateFiles {
  const key = names.join()
  const kept = made.get(key)
  if (kept !== undefined) return kept
  folder ??= makeFolder()
  const files = { cert: join(folder, `${made.size}.pem`), key: join(folder, `${made.size}.key`) }
  const alternatives = names.map((name) => `${/^[\d.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`).join()
  execFileSync(
    openssl,
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`],
      ...['-keyout', files.key, '-out', files.cert],
    ],
    { stdio: 'pipe' },
  )
  made.set(key, files)
  return files
}

/** An authority of its own, made by openssl. */
export function authority(openssl: string, folder: string, name: string): CertificateFiles {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  const use = 'keyUsage=critical,keyCertSign'
  request(openssl, files, ['-subj', `/CN=${name}`, '-days', '2', '-addext', use])
  return files
}

/** What an authority signs for a client. @param subject As openssl takes it: `/CN=joe/OU=staff`. */
export function clientCertificate(
  openssl: string,
  folder: string,
  by: CertificateFiles | undefined,
  subject: string,
  extensions: readonly string[] = [],
): CertificateFiles {
  const name = `client-${++clients}`
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  const signer = by === undefined ? [] : ['-CA', by.cert, '-CAkey', by.key]
  const all = ['basicConstraints=critical,CA:FALSE', ...extensions].flatMap((one) => ['-addext', one])
  request(openssl, files, ['-utf8', '-subj', subject, '-days', '2', ...signer, ...all])
  return files
}

let clients = 0

function request(openssl: string, { cert, key }: CertificateFiles, more: readonly string[]): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync(openssl, ['req', '-x509', ...curve, ...more, '-keyout', key, '-out', cert], { stdio: 'pipe' })
}

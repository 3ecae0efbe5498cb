import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls'

/** A certificate with its key, as PEM files. */
export interface CertificateFiles {
  /** The certificate, followed by those that lead to its root. */
  readonly cert: string
  readonly key: string
  /** The host names that it answers for; those in the certificate where they are left out. `*.example.org` is possible. */
  readonly names?: readonly string[]
}

interface Entry {
  readonly names: readonly string[]
  readonly context: SecureContext
}

/**
 * What a TLS server needs: the first certificate, and a choice among all by the name that the client asks for
 * (SNI, RFC 6066 §3). A name that none has gets the first; without any, no handshake succeeds.
 * @throws Error that names the file that is wrong.
 */
export function tlsOptions(certificates: readonly CertificateFiles[]): TlsOptions {
  const entries = certificates.map(loaded)
  const [first] = entries
  const [files] = certificates
  return {
    ...(files !== undefined && { cert: readFileSync(files.cert), key: readFileSync(files.key) }),
    minVersion: 'TLSv1.2',
    // A client that offers none of these is refused (RFC 7301 §3.2), so the old one is there too.
    ALPNProtocols: ['http/1.1', 'http/1.0'],
    SNICallback: (name, done) =>
      done(null, (entries.find(({ names }) => names.some((n) => covers(n, name))) ?? first)?.context),
  }
}

function loaded({ cert, key, names }: CertificateFiles): Entry {
  const pem = readPem(cert, 'certificate')
  const context = createContext(pem, readPem(key, 'key'), cert, key)
  return { names: (names ?? namesIn(pem)).map((name) => name.toLowerCase()), context }
}

function readPem(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Error(`the ${what} ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function createContext(cert: Buffer, key: Buffer, certPath: string, keyPath: string): SecureContext {
  try {
    return createSecureContext({ cert, key })
  } catch (cause) {
    throw new Error(`${certPath} and ${keyPath} are no certificate with its key: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** The DNS names and addresses of a certificate. */
function namesIn(pem: Buffer): string[] {
  const { subjectAltName } = new X509Certificate(pem)
  return [...(subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^\s,"]+)/g)].map((m) => m[1] ?? '')
}

function covers(pattern: string, name: string): boolean {
  const asked = name.toLowerCase()
  if (!pattern.startsWith('*.')) return pattern === asked
  const dot = asked.indexOf('.')
  return dot > 0 && asked.slice(dot) === pattern.slice(1)
}

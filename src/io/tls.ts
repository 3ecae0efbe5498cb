import { constants, createHash, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls'
import type { Certificate } from './certificate.ts'

interface Entry {
  readonly names: readonly string[]
  readonly context: SecureContext
}

/** Which certificates of clients are believed. */
export interface Clients {
  /** The authorities that sign them, PEM. */
  readonly authorities: string
  readonly demanded: boolean
}

/**
 * What a TLS server needs: the first certificate, and a choice among all by the name that the client asks for
 * (SNI, RFC 6066 §3). A name that none has gets the first; without any, no handshake succeeds. HTTP/2 is offered unless
 * `http2` is false. With `clients` they are asked for certificates, which count under every name alike: nobody gets in by
 * one of another name. @throws Error that names the file that is wrong.
 */
export function tlsOptions(
  certificates: readonly Certificate[],
  http2: boolean = true,
  clients?: Clients | undefined,
): TlsOptions {
  const asked = clients === undefined ? {} : { ca: clients.authorities, sessionIdContext: contextId(clients) }
  const entries = certificates.map((certificate) => entryOf(certificate, asked))
  const [first] = entries
  const [pem] = certificates
  return {
    ...(pem !== undefined && { cert: pem.cert, key: pem.key }),
    ...(clients !== undefined && { ...asked, requestCert: true, rejectUnauthorized: clients.demanded }),
    minVersion: 'TLSv1.2',
    // A client that offers none of these is refused (RFC 7301 §3.2), so the old one is there too.
    ALPNProtocols: [...(http2 ? ['h2'] : []), 'http/1.1', 'http/1.0'],
    // RFC 9113 §9.2.1; in HTTP/1 nobody needs it either.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    SNICallback: (name, done) =>
      done(null, (entries.find(({ names }) => names.some((n) => covers(n, name))) ?? first)?.context),
  }
}

/**
 * A session that is taken up again brings what was found out about its certificate when it began (RFC 8446 §2.2). So one
 * of another listener, or of the time before a reload, is none here, unless the same authorities counted there.
 */
function contextId({ authorities, demanded }: Clients): string {
  return createHash('sha256').update(`${demanded} ${authorities}`).digest('hex').slice(0, 32)
}

interface Asked {
  readonly ca?: string
  readonly sessionIdContext?: string
}

function entryOf({ cert, key, names, from }: Certificate, asked: Asked): Entry {
  const context = createContext(cert, key, from, asked)
  return { names: (names ?? namesIn(cert)).map((name) => name.toLowerCase()), context }
}

function createContext(cert: string, key: string, from: Certificate['from'], asked: Asked): SecureContext {
  try {
    return createSecureContext({ cert, key, ...asked })
  } catch (cause) {
    const { message } = cause as Error
    throw new Error(`${from.cert} and ${from.key} are no certificate with its key: ${message}`, { cause })
  }
}

/** The DNS names and addresses of a certificate. */
function namesIn(pem: string): string[] {
  const { subjectAltName } = new X509Certificate(pem)
  return [...(subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^\s,"]+)/g)].map((m) => m[1] ?? '')
}

function covers(pattern: string, name: string): boolean {
  const asked = name.toLowerCase()
  if (!pattern.startsWith('*.')) return pattern === asked
  const dot = asked.indexOf('.')
  return dot > 0 && asked.slice(dot) === pattern.slice(1)
}

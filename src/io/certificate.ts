import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A certificate with its key, as PEM files. */
export interface CertificateFiles {
  /** The certificate, followed by those that lead to its root. */
  readonly cert: string
  readonly key: string
  /** The host names that it answers for; those in the certificate where they are left out. `*.example.org` is possible. */
  readonly names?: readonly string[]
}

/** A certificate with its key, as PEM texts: read by whoever may, and given to whoever serves. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly names?: readonly string[]
  /** Where they come from, for messages. */
  readonly from: { readonly cert: string; readonly key: string }
}

/** Which certificates of clients are believed. */
export interface ClientCertificates {
  /** A PEM file with the certificates of the authorities that sign them, and no others. */
  readonly authorities: string
  /** Whether nobody is spoken to who has none; else they are asked for, and a guard decides. */
  readonly demanded?: boolean
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates of authorities, PEM. @throws Error that names the file that cannot be read, or has none. */
export function readAuthorities({ authorities }: ClientCertificates): string {
  const text = readPem(authorities, 'file with authorities')
  const found = text.match(PEM) ?? []
  if (found.length === 0) throw new Error(`${authorities} has no certificate in PEM form`)
  for (const one of found) {
    try {
      new X509Certificate(one)
    } catch (cause) {
      throw new Error(`${authorities} has a certificate that is none: ${(cause as Error).message}`, { cause })
    }
  }
  return found.join('\n')
}

/** @throws Error that names the file that cannot be read. */
export function readCertificates(files: readonly CertificateFiles[]): Certificate[] {
  return files.map(({ cert, key, names }) => ({
    cert: readPem(cert, 'certificate'),
    key: readPem(key, 'key'),
    ...(names !== undefined && { names }),
    from: { cert, key },
  }))
}

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (cause) {
    throw new Error(`the ${what} ${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

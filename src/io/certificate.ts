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

import { createPrivateKey, X509Certificate } from 'node:crypto'

/** What is known of a certificate. Times are milliseconds since 1970. */
export interface Facts {
  readonly from: number
  readonly until: number
}

/**
 * The facts of a bundle: a key and its certificate with the chain, in one PEM text, so that one rename replaces both.
 * @throws Error that says what is wrong with it: it does not parse, the key is another's, or the name is missing.
 */
export function factsOf(pem: string, name: string): Facts {
  const certificate = parsed('certificate', () => new X509Certificate(pem))
  const key = parsed('key', () => createPrivateKey(pem))
  if (!certificate.checkPrivateKey(key)) throw new Error('its key is not that of its certificate')
  if (certificate.checkHost(name, { subject: 'never' }) === undefined) throw new Error(`it is not for ${name}`)
  return { from: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo) }
}

function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new Error(`there is no ${what} in it: ${(cause as Error).message}`, { cause })
  }
}

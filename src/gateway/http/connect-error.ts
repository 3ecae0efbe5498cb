import type { HttpError } from '../../message/errors.ts'
import { badAnswer } from '../call.ts'
import { notConnected } from '../connect-error.ts'

/** What OpenSSL and Node say of a certificate that they do not accept. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH/
const TLS = /^(?:ERR_SSL_|ERR_TLS_|EPROTO)/

/** What a client is told whose request found no connection. @param name The upstream. @param code What the system said. */
export function connectError(name: string, code: string): HttpError {
  if (CERTIFICATE.test(code)) {
    const what = 'give the authority that signed it (tls.ca), or the name that it is made out to (tls.serverName)'
    return badAnswer(`${name}: its certificate is not accepted (${code}); ${what}`)
  }
  if (TLS.test(code)) return badAnswer(`${name}: no TLS came about (${code}); does it speak HTTPS there?`)
  return notConnected(name, code)
}

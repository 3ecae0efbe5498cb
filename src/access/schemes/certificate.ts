import { X509Certificate } from 'node:crypto'
import type { AuthorizationRecord, Connection, TlsFacts } from '../../message/connection.ts'
import { Forbidden } from '../../message/errors.ts'
import type { Scheme } from '../../message/interface.ts'
import type { Request } from '../../message/request.ts'
import { attributes, type CertificateName, nameIn } from './certificate-names.ts'
import { isName } from './person.ts'

export interface CertificateOptions {
  /**
   * What of the certificate is the name: the common name (`CN`) or the e-mail address of the subject (`email`), the e-mail
   * address or the host name among the alternative names (`san-email`, `san-dns`), or the whole subject by RFC 4514
   * (`subject`). There must be exactly one. `CN` where it is left out.
   */
  readonly name?: CertificateName
  /** Of which groups: those that the subject names as `OU` or `O`, or those of a name. None where it is left out. */
  readonly groups?: 'OU' | 'O' | Readonly<Record<string, readonly string[]>>
}

/** Whom a certificate is for, and until when, in milliseconds since 1970. */
interface Known {
  readonly user: AuthorizationRecord | undefined
  readonly from: number
  readonly until: number
}

/**
 * The certificate of a client, where the listener asks for one (`clients`) and an authority that it lists has signed it.
 * Nobody can be asked for a certificate by an answer, so whoever has none is told 403.
 */
export function certificateScheme(options: CertificateOptions | true = {}): Scheme {
  return new CertificateScheme(options === true ? {} : options)
}

class CertificateScheme implements Scheme {
  /** As servlets say it; RFC 3875 §4.1.1 leaves it open. */
  readonly type = 'CLIENT_CERT'
  readonly usesAuthorization = false
  readonly #name: CertificateName
  readonly #groups: CertificateOptions['groups']
  /** By socket. */
  readonly #known = new WeakMap<TlsFacts, Known>()

  constructor({ name = 'CN', groups }: CertificateOptions) {
    this.#name = name
    this.#groups = groups
  }

  challenge(): string {
    return ''
  }

  /** @throws Forbidden where there is no certificate, or none that names somebody. */
  identify(_: Request, { tls }: Connection): AuthorizationRecord {
    const known = tls === undefined ? undefined : (this.#known.get(tls) ?? this.#read(tls))
    const now = Date.now()
    // A connection may outlive the certificate that it was opened with.
    if (known?.user !== undefined && now >= known.from && now < known.until) return known.user
    throw new Forbidden({ code: 'certificate', detail: 'A certificate of the client is needed here.' })
  }

  #read(tls: TlsFacts): Known {
    const known = tls.peerCertificate === undefined ? NOBODY : this.#of(new X509Certificate(tls.peerCertificate))
    this.#known.set(tls, known)
    return known
  }

  #of(certificate: X509Certificate): Known {
    const name = nameIn(certificate, this.#name)
    if (name === undefined) return NOBODY
    const user = { name, groups: this.#groupsOf(name, certificate) }
    return { user, from: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo) }
  }

  #groupsOf(name: string, certificate: X509Certificate): readonly string[] {
    const groups = this.#groups
    if (groups === undefined) return []
    if (groups === 'OU' || groups === 'O') return attributes(certificate, groups).filter(isName)
    return Object.hasOwn(groups, name) ? (groups[name] ?? []) : []
  }
}

const NOBODY: Known = { user: undefined, from: 0, until: 0 }

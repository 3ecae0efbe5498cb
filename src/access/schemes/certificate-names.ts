import type { X509Certificate } from 'node:crypto'
import { isName } from './person.ts'

/** Which part of a certificate is the name of whom it is for. */
export type CertificateName = 'CN' | 'email' | 'san-email' | 'san-dns' | 'subject'

/** One alternative name as Node writes it: a value that could be taken for another one is a JSON text. */
const ALTERNATIVE = /(?:^|, )([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^",]*)/y

/**
 * The name in a certificate; undefined where it has none that is good, or several: who is meant by two names is for nobody
 * to guess.
 */
export function nameIn(certificate: X509Certificate, from: CertificateName): string | undefined {
  const found = namesIn(certificate, from)
  const [name] = found
  return found.length === 1 && name !== undefined && isName(name) ? name : undefined
}

function namesIn(certificate: X509Certificate, from: CertificateName): readonly string[] {
  switch (from) {
    case 'CN':
      return attributes(certificate, 'CN')
    case 'email':
      return attributes(certificate, 'emailAddress')
    case 'san-email':
      return alternatives(certificate, 'email')
    case 'san-dns':
      return alternatives(certificate, 'DNS')
    case 'subject':
      return [subject(certificate)]
  }
}

/** All values of one attribute of the subject, as texts. */
export function attributes(certificate: X509Certificate, name: 'CN' | 'O' | 'OU' | 'emailAddress'): readonly string[] {
  const { subject } = certificate.toLegacyObject() as { subject?: Readonly<Record<string, string | readonly string[]>> }
  const value = subject !== undefined && Object.hasOwn(subject, name) ? subject[name] : undefined
  return value === undefined ? [] : [value].flat()
}

/**
 * The whole subject, as RFC 4514 writes it: the last part first. Node gives a line to each part, and has escaped what of
 * the values would look like a separator.
 */
function subject({ subject }: X509Certificate): string {
  return (subject ?? '')
    .split('\n')
    .reverse()
    .map((part) => part.replaceAll(' + ', '+'))
    .join(',')
}

/** The alternative names of one kind (RFC 5280 §4.2.1.6). None, where they cannot be told apart for certain. */
function alternatives({ subjectAltName: all = '' }: X509Certificate, kind: 'email' | 'DNS'): readonly string[] {
  const found: string[] = []
  let at = 0
  while (at < all.length) {
    ALTERNATIVE.lastIndex = at
    const [whole, name, value = ''] = ALTERNATIVE.exec(all) ?? []
    if (whole === undefined) return []
    at += whole.length
    if (name === kind) found.push(value.startsWith('"') ? JSON.parse(value) : value)
  }
  return found
}

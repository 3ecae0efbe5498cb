import type { ChallengeType } from './challenges.ts'

/** Certificates that an authority gives automatically (ACME, RFC 8555). */
export interface AcmeOptions {
  /** The host names that certificates are wanted for, one certificate each. */
  readonly names: readonly string[]
  /** Whom the authority may write to. */
  readonly email?: string
  /** That you agree to the terms of the authority. */
  readonly agree: true
  /** Where keys and certificates are kept; `./certificates` where it is left out. */
  readonly folder?: string
  /** The address of the authority's directory; Let's Encrypt where it is left out. */
  readonly directory?: string
  /** How it is shown that the names are ours: `http-01` where port 80 is listened on, else `tls-alpn-01`. */
  readonly challenge?: ChallengeType
  /** A PEM file with the root that the authority's own certificate is checked by, for an authority of your own. */
  readonly root?: string
}

export const DEFAULT_FOLDER = './certificates'
export const DEFAULT_DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory'

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Whether an authority can prove a name by these challenges. @throws Error that says what is wrong with it. */
export function checkName(name: string): void {
  if (name.startsWith('*.'))
    throw new Error(`${name} can only be proved by DNS, which is not done here: list the names`)
  if (/^[\d.]+$/.test(name) || name.includes(':')) throw new Error(`${name} is an address: expected a host name`)
  if (/[A-Z]/.test(name)) throw new Error(`expected the name in small letters: ${name.toLowerCase()}`)
  if (/[^\0-\x7f]/.test(name)) throw new Error(`expected ${name} as it stands in DNS: xn--…`)
  if (name.length > 253 || !name.split('.').every((label) => LABEL.test(label))) {
    throw new Error(`${JSON.stringify(name)} is no host name`)
  }
}

/** RFC 8555 §6.1: HTTPS. @throws Error that says so. */
export function checkDirectory(directory: string): void {
  if (!URL.canParse(directory) || new URL(directory).protocol !== 'https:') {
    throw new Error(`expected the https address of an ACME directory, not ${JSON.stringify(directory)}`)
  }
}

/** RFC 8555 §7.3: one address, without header fields. @throws Error that says so. */
export function checkEmail(email: string): void {
  if (!/^[^\s@,?]+@[^\s@,?]+$/.test(email)) throw new Error(`${JSON.stringify(email)} is no e-mail address`)
}

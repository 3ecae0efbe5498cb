import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import {
  bitString,
  type Der,
  identifier,
  integer,
  octetString,
  sequence,
  setOf,
  tagged,
  time,
  utf8String,
  yes,
} from './der.ts'

export interface SelfSigned {
  /** PEM. */
  readonly certificate: string
  /** PEM (PKCS #8). */
  readonly key: string
}

const VERSION_3 = Buffer.from([2])
const ECDSA_WITH_SHA256 = sequence(identifier('1.2.840.10045.4.3.2'))
const COMMON_NAME = '2.5.4.3'

/**
 * A certificate that nobody vouches for (X.509 version 3, RFC 5280), with a new key on P-256: for a server with these
 * host names and addresses. It can vouch for no other: whoever gets hold of its key can pretend to be these, and no more.
 * @throws TypeError for a name that is none.
 */
export function selfSigned(names: readonly string[], subject: string, from: Date, to: Date): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(setOf(sequence(identifier(COMMON_NAME), utf8String(subject))))
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' })
  const body = sequence(
    tagged(0, integer(VERSION_3), true),
    integer(serial()),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(from), time(to)),
    name,
    publicInfo,
    tagged(3, sequence(...extensions(names, publicKey)), true),
  )
  const signature = sign('sha256', body, { key: privateKey, dsaEncoding: 'der' })
  const certificate = sequence(body, ECDSA_WITH_SHA256, bitString(signature))
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

/** RFC 5280 §4.1.2.2: above zero, at most 20 octets. */
function serial(): Buffer {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets
}

/** RFC 5280 §4.2.1: those without which browsers take no certificate. */
function extensions(names: readonly string[], publicKey: KeyObject): Der[] {
  const keyId = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
  const digitalSignature = bitString(Buffer.from([0x80]), 7)
  return [
    extension('2.5.29.19', sequence(), true), // Basic constraints: it is no authority.
    extension('2.5.29.15', digitalSignature, true), // Key usage.
    extension('2.5.29.37', sequence(identifier('1.3.6.1.5.5.7.3.1'))), // Extended key usage: a server.
    extension('2.5.29.17', sequence(...names.map(generalName))), // Subject alternative name.
    extension('2.5.29.14', octetString(keyId)), // Subject key identifier.
  ]
}

function extension(id: string, content: Der, critical: boolean = false): Der {
  return sequence(identifier(id), ...(critical ? [yes()] : []), octetString(content))
}

/** RFC 5280 §4.2.1.6: an address by its octets, a host name by its ASCII letters. */
function generalName(name: string): Der {
  const version = isIP(name)
  if (version !== 0) return tagged(7, version === 4 ? octets4(name) : octets6(name), false)
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(name) || name.length > 253) {
    throw new TypeError(`${JSON.stringify(name)} is no host name that a certificate can be for`)
  }
  return tagged(2, Buffer.from(name.toLowerCase(), 'latin1'), false)
}

function octets4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

function octets6(address: string): Buffer {
  const [plain = ''] = address.split('%')
  // Four octets with dots at the end stand for two groups.
  const last = plain.slice(plain.lastIndexOf(':') + 1)
  const text = last.includes('.')
    ? `${plain.slice(0, -last.length)}${octets4(last).toString('hex', 0, 2)}:${octets4(last).toString('hex', 2)}`
    : plain
  const [head = '', tail] = text.split('::')
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const before = groups(head)
  const after = groups(tail ?? '')
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

function pem(label: string, content: Der): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

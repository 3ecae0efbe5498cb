import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { clientCertificate } from '../../../test/support/certificates.ts'
import { FACTS } from '../../../test/support/connection.ts'
import { makeFolder } from '../../../test/support/folder.ts'
import { needPeer } from '../../../test/support/peers.ts'
import { selfSigned } from '../../io/self-signed.ts'
import { Connection } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import { Request } from '../../message/request.ts'
import { type CertificateOptions, certificateScheme } from './certificate.ts'

const folder = makeFolder()
const REQUEST = new Request('http://h/')

function connected(peerCertificate: Uint8Array | undefined): Connection {
  const tls = { protocol: 'TLSv1.3', cipher: 'X', serverName: undefined, peerCertificate }
  return new Connection({ ...FACTS, secure: true, tls }, new Exchange(), 'HTTP/1.1')
}

function identify(pem: string, options: CertificateOptions = {}) {
  return certificateScheme(options).identify(REQUEST, connected(new X509Certificate(pem).raw))
}

function made(t: TestContext, subject: string, extensions: readonly string[] = []): string | undefined {
  const openssl = needPeer(t, 'openssl')
  if (openssl === undefined) return undefined
  return readFileSync(clientCertificate(openssl, folder, undefined, subject, extensions).cert, 'latin1')
}

const SAN = ['subjectAltName=email:joe@a.example,DNS:joe.a.example,IP:192.0.2.1,URI:http://a.example/']

const NAMED: readonly (readonly [string, readonly string[], CertificateOptions, string])[] = [
  ['/CN=joe', [], {}, 'joe'],
  ['/C=AT/O=A & B/CN=J\u00f6rg \u0141', [], { name: 'CN' }, 'J\u00f6rg \u0141'],
  ['/CN=a, b=c; "d" <e> #f\\/g', [], {}, 'a, b=c; "d" <e> #f/g'],
  ['/CN=joe/emailAddress=joe@b.example', [], { name: 'email' }, 'joe@b.example'],
  ['/CN=joe', SAN, { name: 'san-email' }, 'joe@a.example'],
  ['/CN=joe', SAN, { name: 'san-dns' }, 'joe.a.example'],
  ['/C=AT/O=A, B\\+C/OU=x+CN=joe', [], { name: 'subject' }, 'OU=x+CN=joe,O=A\\, B\\+C,C=AT'],
]

for (const [subject, extensions, options, name] of NAMED) {
  test(`${subject} by ${options.name ?? 'CN'} is ${name}`, (t) => {
    const pem = made(t, subject, extensions)
    if (pem !== undefined) assert.deepEqual(identify(pem, options), { name, groups: [] })
  })
}

const NOBODY: readonly (readonly [string, readonly string[], CertificateOptions])[] = [
  ['/O=nobody', [], {}],
  ['/CN=joe/CN=root', [], {}],
  ['/CN=joe+CN=root', [], {}],
  ['/CN=joe', [], { name: 'email' }],
  ['/CN=joe', [], { name: 'san-email' }],
  ['/CN=joe', ['subjectAltName=email:joe@a.example,email:root@a.example'], { name: 'san-email' }],
  ['/CN=joe', ['subjectAltName=DNS:a.example,DNS:b.example'], { name: 'san-dns' }],
]

for (const [subject, extensions, options] of NOBODY) {
  test(`${subject} ${extensions.join()} by ${options.name ?? 'CN'} is nobody`, (t) => {
    const pem = made(t, subject, extensions)
    if (pem !== undefined) assert.throws(() => identify(pem, options), { status: 403, code: 'certificate' })
  })
}

test('an alternative name that looks like two is one', (t) => {
  const openssl = needPeer(t, 'openssl')
  if (openssl === undefined) return
  const config = join(folder, 'openssl.cnf')
  const alternatives = 'URI.1 = http://a/, email:root@a.example\nemail.1 = joe@a.example\n'
  writeFileSync(config, `[req]\ndistinguished_name = d\n[d]\n[x]\nsubjectAltName = @alt\n[alt]\n${alternatives}`)
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=a']
  const files = ['-config', config, '-extensions', 'x', '-keyout', join(folder, 'two.key')]
  const pem = execFileSync(openssl, [...made, ...files], { stdio: 'pipe', encoding: 'latin1' })
  assert.equal((identify(pem, { name: 'san-email' }) as { name: string }).name, 'joe@a.example')
})

for (const name of ['root\0.example', 'a\nb', 'a\r\nX: y', '\x7f', 'a\x85b', '\u2028', '', 'x'.repeat(256)]) {
  test(`the common name ${JSON.stringify(name.slice(0, 20))} is nobody's`, () => {
    const { certificate } = selfSigned(['a.example'], name, new Date(), new Date(Date.now() + 60_000))
    assert.throws(() => identify(certificate), { status: 403 })
  })
}

test('groups are what the subject names, or what is said of the name', (t) => {
  const pem = made(t, '/O=company/OU=staff/OU=web/CN=joe')
  if (pem === undefined) return
  const groups = (options: CertificateOptions) => (identify(pem, options) as { groups: readonly string[] }).groups
  assert.deepEqual(groups({ groups: 'OU' }), ['staff', 'web'])
  assert.deepEqual(groups({ groups: 'O' }), ['company'])
  assert.deepEqual(groups({ groups: { joe: ['a'], ann: ['b'] } }), ['a'])
  assert.deepEqual(groups({ groups: { ann: ['b'] } }), [])
  assert.deepEqual(
    identify(selfSigned(['a'], 'toString', new Date(), new Date(Date.now() + 9e4)).certificate, { groups: {} }),
    {
      name: 'toString',
      groups: [],
    },
  )
})

test('without a certificate, and without TLS, there is nobody, and nothing to ask by', () => {
  const scheme = certificateScheme(true)
  const plain = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  for (const connection of [connected(undefined), plain]) {
    assert.throws(() => scheme.identify(REQUEST, connection), { status: 403, code: 'certificate' })
  }
  assert.deepEqual([scheme.challenge(), scheme.type, scheme.usesAuthorization], ['', 'CLIENT_CERT', false])
})

test('a certificate is read once for each socket, and counts as long as it is good', (t) => {
  const from = new Date(1_900_000_000_000)
  const { certificate } = selfSigned(['a'], 'joe', from, new Date(1_900_000_060_000))
  const scheme = certificateScheme()
  const connection = connected(new X509Certificate(certificate).raw)
  let now = 1_900_000_000_000
  t.mock.method(Date, 'now', () => now)
  const joe = scheme.identify(REQUEST, connection)
  now = 1_900_000_059_999
  assert.equal(scheme.identify(REQUEST, connection), joe)
  for (const outside of [1_900_000_060_001, 1_899_999_999_999]) {
    now = outside
    assert.throws(() => scheme.identify(REQUEST, connection), { status: 403 })
  }
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { isIP, SocketAddress } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeFolder } from '../../test/support/folder.ts'
import { needPeer } from '../../test/support/peers.ts'
import { runs } from '../../test/support/property.ts'
import { selfSigned } from './self-signed.ts'

const FROM = new Date('2026-11-21T10:11:12Z')
const TO = new Date('2051-12-21T10:11:12Z')

function made(...names: string[]): X509Certificate {
  return new X509Certificate(selfSigned(names, 'A test', FROM, TO).certificate)
}

test('it is a certificate for its names, with its key, by its own signature', () => {
  const { certificate, key } = selfSigned(['localhost', 'A.Test', '127.0.0.1', '::1'], 'A test', FROM, TO)
  const read = new X509Certificate(certificate)
  assert.ok(read.checkPrivateKey(createPrivateKey(key)))
  assert.ok(read.verify(read.publicKey))
  assert.equal(read.ca, false)
  assert.equal(read.subject, 'CN=A test')
  assert.deepEqual([Date.parse(read.validFrom), Date.parse(read.validTo)], [FROM.getTime(), TO.getTime()])
  for (const name of ['localhost', 'a.test']) assert.equal(read.checkHost(name), name)
  for (const address of ['127.0.0.1', '::1']) assert.equal(read.checkIP(address), address)
  assert.equal(read.checkHost('b.test'), undefined)
  assert.equal(read.checkHost('A test'), undefined)
  assert.equal(read.checkIP('127.0.0.2'), undefined)
  assert.notEqual(read.serialNumber, made('localhost').serialNumber)
})

test('openssl takes it, strictly, for the server and for nothing else', (t) => {
  const openssl = needPeer(t, 'openssl')
  if (openssl === undefined) return
  const folder = makeFolder()
  const path = join(folder, 'a.pem')
  const later = new Date(Date.now() + 86_400_000)
  writeFileSync(
    path,
    selfSigned(['localhost', '2001:db8::1'], 'A test', new Date(Date.now() - 1000), later).certificate,
  )
  const verify = (...more: string[]): string =>
    execFileSync(openssl, ['verify', '-x509_strict', '-CAfile', path, ...more, path], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  assert.match(verify('-purpose', 'sslserver', '-verify_hostname', 'localhost'), /: OK/)
  assert.match(verify('-verify_ip', '2001:db8::1'), /: OK/)
  assert.throws(() => verify('-verify_hostname', 'a.test'), /hostname mismatch/i)
  assert.throws(() => verify('-purpose', 'sslclient'), /purpose|usage/i)
})

test('every address stands in it as itself', () => {
  for (const address of ['0.0.0.0', '255.1.2.3', '::', '1::', '::ffff:1.2.3.4', '64:ff9b::192.0.2.1', 'fe80::1%lo']) {
    const plain = address.replace(/%.*/, '')
    assert.notEqual(made(address).checkIP(plain), undefined, address)
  }
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      fc.pre(isIP(address) !== 0)
      const [, told = ''] = /^IP Address:(\S+)$/.exec(made(address).subjectAltName ?? '') ?? []
      const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
      const canonical = (text: string): string => new SocketAddress({ address: text, family }).address
      assert.equal(canonical(told), canonical(address))
    }),
    runs(40),
  )
})

test('what is no name of a host is refused', () => {
  for (const name of ['', 'a b', 'a..b', '.a', 'a,DNS:b', 'bücher.test', 'a\0b', '*.test', 'x'.repeat(254)]) {
    assert.throws(() => made(name), { name: 'TypeError', message: /is no host name/ }, name)
  }
})

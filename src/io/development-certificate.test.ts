import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { makeFolder } from '../../test/support/folder.ts'
import { developmentCertificate } from './development-certificate.ts'

const DAY = 86_400_000
const NOW = new Date('2026-11-21T10:11:12Z')
const posix = { skip: process.platform === 'win32' }

function later(days: number): Date {
  return new Date(NOW.getTime() + days * DAY)
}

function read(hosts: readonly string[], folder: string, now: Date = NOW): X509Certificate {
  const { file, certificate } = developmentCertificate(hosts, folder, now)
  const text = readFileSync(file, 'utf8')
  const kept = new X509Certificate(text)
  assert.ok(kept.checkPrivateKey(createPrivateKey(text)))
  createSecureContext({ cert: text, key: text })
  assert.equal(readFileSync(certificate, 'utf8'), kept.toString())
  assert.deepEqual(readdirSync(folder).sort(), ['development.crt', 'development.pem'])
  return kept
}

test('it is for this machine, and kept for the next time', () => {
  const folder = join(makeFolder(), 'deep/oriel')
  const first = read([], folder)
  assert.notEqual(first.checkHost('localhost'), undefined)
  for (const address of ['127.0.0.1', '::1']) assert.notEqual(first.checkIP(address), undefined)
  for (const days of [0, 1, 19]) assert.equal(read(['127.0.0.1'], folder, later(days)).fingerprint, first.fingerprint)
})

test('it is made anew before it ends, and where the clock was wrong', () => {
  for (const days of [21, 29, 31, 400, -1]) {
    const folder = makeFolder()
    const first = read(['a.test'], folder)
    const second = read([], folder, later(days))
    assert.notEqual(second.fingerprint, first.fingerprint, String(days))
    assert.ok(Date.parse(second.validFrom) <= later(days).getTime())
    assert.equal(Date.parse(second.validTo), later(days + 30).getTime())
    assert.notEqual(second.checkHost('a.test'), undefined, 'names that were there stay')
  }
})

test('a name that it lacks is added, and two sites do not take turns', () => {
  const folder = makeFolder()
  const first = read(['a.test', '192.0.2.7'], folder)
  const second = read(['b.test', '2001:db8::7'], folder)
  assert.notEqual(second.fingerprint, first.fingerprint)
  assert.equal(read(['a.test', '192.0.2.7'], folder).fingerprint, second.fingerprint)
  assert.equal(second.subjectAltName?.match(/0:0:0:0:0:0:0:1/g)?.length, 1)
  for (let i = 0; i < 70; i++) read([`host-${i}.test`], folder)
  assert.ok((read([], folder).subjectAltName?.split(', ') ?? []).length <= 50)
})

test('all addresses are those of this machine', () => {
  const certificate = read(['0.0.0.0'], makeFolder())
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  for (const { address, family } of own) {
    if (family === 'IPv4') assert.notEqual(certificate.checkIP(address), undefined, address)
  }
})

test('what is broken is made anew', () => {
  const folder = makeFolder()
  const other = read([], makeFolder())
  const first = read([], folder)
  const file = join(folder, 'development.pem')
  const whole = readFileSync(file, 'utf8')
  for (const content of [
    '',
    'x',
    whole.slice(0, 300),
    whole.slice(0, -100),
    whole.replace(/-----BEGIN CERT.*/s, other.toString()),
  ]) {
    writeFileSync(file, content)
    assert.notEqual(read([], folder).fingerprint, first.fingerprint)
  }
  const { fingerprint } = read([], folder)
  writeFileSync(join(folder, 'development.crt'), 'x')
  assert.equal(read([], folder).fingerprint, fingerprint)
})

test('only its owner may read the key, or write beside it', posix, () => {
  const folder = join(makeFolder(), 'oriel')
  read([], folder)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(join(folder, 'development.pem')).mode & 0o777, 0o600)
  chmodSync(folder, 0o777)
  read([], folder)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
})

test('a folder of somebody else is not trusted', posix, () => {
  const folder = makeFolder({ file: '', 'real/': '' })
  symlinkSync('real', join(folder, 'link'))
  assert.throws(() => developmentCertificate([], join(folder, 'link')), /belongs to somebody else/)
  assert.throws(() => developmentCertificate([], join(folder, 'file/deeper')), /has no place: ENOTDIR.*XDG_CACHE_HOME/)
  if (process.getuid?.() === 0) return
  assert.throws(() => developmentCertificate([], '/usr'), /belongs to somebody else/)
})

test('a host that is none is told', () => {
  assert.throws(() => developmentCertificate(['a b'], makeFolder()), /"a b" is no host name/)
})

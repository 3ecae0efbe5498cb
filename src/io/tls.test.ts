import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SecureContext, TlsOptions } from 'node:tls'
import { certificate } from '../../test/support/certificates.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { type CertificateFiles, readCertificates } from './certificate.ts'
import { tlsOptions as optionsFor } from './tls.ts'

function tlsOptions(files: readonly CertificateFiles[]): TlsOptions {
  return optionsFor(readCertificates(files))
}

/** What is chosen for a name, at once. */
function chosen({ SNICallback }: TlsOptions, name: string): SecureContext {
  let context: SecureContext | undefined
  SNICallback?.(name, (error, found) => {
    assert.equal(error, null)
    context = found
  })
  if (context === undefined) throw new Error('nothing was chosen')
  return context
}

/** Tells which of the certificates is chosen, by the names that each is given: 0 for the first. */
function places(files: CertificateFiles, all: readonly (readonly string[])[], asked: readonly string[]): number[] {
  const options = tlsOptions(all.map((names) => ({ ...files, names })))
  // Each certificate has a context of its own, and is reached by a name that no other has.
  const own = all.map((names) => chosen(options, (names[0] ?? '').replace('*', 'own')))
  return asked.map((name) => own.indexOf(chosen(options, name)))
}

test('the first certificate is that of the server, the whole file with its chain', (t) => {
  const one = certificate(t, 'one.example')
  const two = certificate(t, 'two.example')
  if (one === undefined || two === undefined) return
  const { cert, key } = tlsOptions([one, two])
  assert.deepEqual([cert, key], [readFileSync(one.cert, 'latin1'), readFileSync(one.key, 'latin1')])
})

test('TLS 1.2 and all versions of HTTP are what is offered, HTTP/2 first, unless it is not wanted', (t) => {
  const one = certificate(t, 'one.example')
  if (one === undefined) return
  const { minVersion, ALPNProtocols } = tlsOptions([one])
  assert.equal(minVersion, 'TLSv1.2')
  assert.deepEqual(ALPNProtocols, ['h2', 'http/1.1', 'http/1.0'])
  assert.deepEqual(optionsFor(readCertificates([one]), false).ALPNProtocols, ['http/1.1', 'http/1.0'])
})

for (const [what, all, asked, expected] of [
  ['case does not matter', [['a.example'], ['B.Example']], ['b.EXAMPLE', 'A.example'], [1, 0]],
  ['a name that none has gets the first', [['a.example'], ['b.example']], ['c.example', 'x.b.example', ''], [0, 0, 0]],
  ['* covers one label', [['a.example'], ['*.b.example']], ['x.b.example', 'x.y.b.example', 'b.example'], [1, 0, 0]],
  ['* covers no empty label', [['a.example'], ['*.b.example']], ['.b.example'], [0]],
  ['* is only for a whole label', [['a.example'], ['*.b.example']], ['x.ab.example', 'b.example.org'], [0, 0]],
  ['of two that cover a name, the first', [['a.example'], ['*.c.example'], ['d', 'x.c.example']], ['x.c.example'], [1]],
  [
    'any of its names',
    [['a.example'], ['b.example', 'c.example', '*.d.example']],
    ['c.example', 'x.d.example'],
    [1, 1],
  ],
  ['a dot is no wildcard', [['a.example'], ['b.example']], ['bxexample'], [0]],
] as const) {
  test(`which certificate: ${what}`, (t) => {
    const files = certificate(t, 'one.example')
    if (files === undefined) return
    assert.deepEqual(places(files, all, asked), expected)
  })
}

test('without names of its own, a certificate answers for the names and addresses in it', (t) => {
  const first = certificate(t, 'first.example')
  const second = certificate(t, 'second.example', '*.second.example', '192.0.2.7')
  if (first === undefined || second === undefined) return
  const options = tlsOptions([first, second])
  const own = chosen(options, 'second.example')
  assert.notEqual(own, chosen(options, 'first.example'))
  for (const name of ['x.second.example', '192.0.2.7']) assert.equal(chosen(options, name), own, name)
})

test('names that are given stand in for those in the certificate, an empty list too', (t) => {
  const first = certificate(t, 'first.example')
  const second = certificate(t, 'second.example')
  if (first === undefined || second === undefined) return
  for (const names of [['other.example'], []]) {
    const options = tlsOptions([first, { ...second, names }])
    assert.equal(chosen(options, 'second.example'), chosen(options, 'first.example'))
  }
})

test('a certificate is read once: its file may be replaced while it is served', (t) => {
  const one = certificate(t, 'one.example')
  if (one === undefined) return
  const folder = makeFolder()
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  copyFileSync(one.cert, files.cert)
  copyFileSync(one.key, files.key)
  const options = tlsOptions([files])
  copyFileSync(one.key, files.cert)
  assert.ok(chosen(options, 'one.example'))
  assert.throws(() => tlsOptions([files]), /cert\.pem and .*key\.pem are no certificate with its key/)
})

test('a file that cannot be read is told with the error of the system as its cause', (t) => {
  const one = certificate(t, 'one.example')
  if (one === undefined) return
  const folder = makeFolder()
  for (const [files, words] of [
    [{ ...one, cert: folder }, `the certificate ${folder} cannot be read: EISDIR`],
    [{ ...one, key: join(folder, 'gone') }, `the key ${join(folder, 'gone')} cannot be read: ENOENT`],
  ] as const) {
    assert.throws(
      () => tlsOptions([one, files]),
      (error: Error) => error.message.startsWith(words) && error.cause instanceof Error,
    )
  }
})

test('where there is no certificate yet, nobody is given one', () => {
  const { cert, key, SNICallback } = tlsOptions([])
  assert.deepEqual([cert, key], [undefined, undefined])
  SNICallback?.('a.example', (...told) => assert.deepEqual(told, [null, undefined]))
})

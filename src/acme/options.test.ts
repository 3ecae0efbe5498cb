import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDirectory, checkEmail, checkName } from './options.ts'

for (const [name, words] of [
  ['example.org', undefined],
  ['a-b.xn--bcher-kva.example', undefined],
  ['localhost', undefined],
  ['*.example.org', /can only be proved by DNS/],
  ['Example.org', /in small letters: example\.org$/],
  ['bücher.example', /xn--/],
  ['192.0.2.1', /is an address/],
  ['::1', /is an address/],
  ['example.org.', /is no host name/],
  ['example..org', /is no host name/],
  ['-a.example', /is no host name/],
  ['a_b.example', /is no host name/],
  ['../keys', /is no host name/],
  ['a/b', /is no host name/],
  [`${'a'.repeat(64)}.example`, /is no host name/],
  [`${'a.'.repeat(127)}ab`, /is no host name/],
] as const) {
  test(`a name for a certificate: ${name.slice(0, 40)} ${words === undefined ? 'is taken' : 'is refused'}`, () => {
    if (words === undefined) checkName(name)
    else assert.throws(() => checkName(name), words)
  })
}

test('an authority is spoken to by https only', () => {
  checkDirectory('https://ca.example:14000/dir')
  for (const directory of ['http://ca.example/dir', 'ca.example', 'file:///etc']) {
    assert.throws(() => checkDirectory(directory), /expected the https address of an ACME directory/)
  }
})

test('an address of e-mail is one, without what a URL would read into it', () => {
  checkEmail('me+tls@example.org')
  for (const email of ['me', 'a@b,c@d', 'a@b?subject=x', 'a b@c', '@b', 'a@']) {
    assert.throws(() => checkEmail(email), /is no e-mail address/)
  }
})

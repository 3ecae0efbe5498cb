import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorityOf, proxyAddress, proxyAddresses } from './addresses.ts'

/** What is given, what the wire is told, and what takes the place of the mount. */
const GOOD: readonly (readonly [given: string, text: string, path: string | undefined])[] = [
  ['http://127.0.0.1:9000', 'http://127.0.0.1:9000', undefined],
  ['HTTP://Back.Example', 'http://back.example', undefined],
  ['https://[::1]:8443/', 'https://[::1]:8443', '/'],
  ['http://a/base//x/', 'http://a', '/base/x/'],
  ['unix:/run/app.sock', 'unix:/run/app.sock', undefined],
]

for (const [given, text, path] of GOOD) {
  test(`${given} is an address`, () => {
    const address = proxyAddress(given)
    assert.equal(address.text, text)
    assert.equal(address.path, path)
  })
}

for (const given of [
  ...[
    '',
    'a',
    'a:80',
    '127.0.0.1:9000',
    'ftp://a',
    'http://',
    'http:///x',
    'http://a:0',
    'http://a:99999',
    'http://a:',
  ],
  ...['http://a?b', 'http://a/#b', 'http://u:p@a', 'http://a b', 'unix:', 'http://a:80:80', 'http://a/%zz'],
]) {
  test(`${JSON.stringify(given)} is no address`, () => {
    assert.throws(() => proxyAddress(given), TypeError)
  })
}

test('a socket is found from the folder of the config', { skip: process.platform === 'win32' }, () => {
  assert.equal(proxyAddress('unix:run/app.sock', '/srv').text, 'unix:/srv/run/app.sock')
})

test('several addresses go together, or are refused', () => {
  const weighted = proxyAddresses(['http://a', { address: 'http://b', weight: 3 }], '/')
  assert.deepEqual(
    weighted.map(({ weight }) => weight),
    [1, 3],
  )
  assert.throws(() => proxyAddresses([], '/'), /no address/)
  assert.throws(() => proxyAddresses(['http://a/x', 'http://b/y'], '/'), /not all the same path/)
  assert.throws(() => proxyAddresses(['http://a', 'http://A'], '/'), /twice/)
})

test('an authority has no port that goes without saying', () => {
  assert.equal(authorityOf('http://a:80'), 'a')
  assert.equal(authorityOf('https://a:443'), 'a')
  assert.equal(authorityOf('https://a:80'), 'a:80')
})

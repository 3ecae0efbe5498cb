import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedBy, type ForwardAuthOptions } from './forward-options.ts'

for (const [given, address, start] of [
  ['http://127.0.0.1:4180/auth', 'http://127.0.0.1:4180', 'GET /auth HTTP/1.1\r\nHost: 127.0.0.1:4180\r\n'],
  ['https://auth.example/a?b=c', 'https://auth.example', 'GET /a?b=c HTTP/1.1\r\nHost: auth.example\r\n'],
  [{ address: 'http://auth', path: '/x' }, 'http://auth', 'GET /x HTTP/1.1\r\nHost: auth\r\n'],
  [{ address: 'unix:auth.sock', path: '/x' }, 'unix:/srv/auth.sock', 'GET /x HTTP/1.1\r\nHost: localhost\r\n'],
] as const) {
  test(`${JSON.stringify(given)} is asked as it says`, () => {
    const asked = askedBy(given, '/srv')
    assert.deepEqual([asked.upstream.address, asked.start], [address, start])
  })
}

const WRONG: readonly ForwardAuthOptions[] = [
  { address: 'auth:4180' },
  { address: '127.0.0.1:4180' },
  { address: 'ftp://a/' },
  { address: 'http://joe:secret@a/' },
  { address: 'http://a/b', path: '/c' },
  { address: 'http://a', path: 'c' },
  { address: 'http://a', path: '/c HTTP/1.1\r\nX: y' },
  { address: 'http://a', user: 'a b' },
  { address: 'http://a', groups: '' },
  { address: 'http://a', fields: ['X-Forwarded-For'] },
  { address: 'http://a', fields: ['Content-Length'] },
  { address: 'http://a', fields: ['host'] },
  { address: 'http://a', fields: ['If-None-Match'] },
]

for (const options of WRONG) {
  test(`${JSON.stringify(options)} cannot be`, () => assert.throws(() => askedBy(options, '/srv'), TypeError))
}

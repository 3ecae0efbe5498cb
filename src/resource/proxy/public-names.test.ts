import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FACTS } from '../../../test/support/connection.ts'
import { Connection } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import { Request } from '../../message/request.ts'
import type { CookieOptions } from './options.ts'
import { type Named, type OwnNames, publicCookie, publicLocation, publicRefresh } from './public-names.ts'

const BACK = 'http://127.0.0.1:9000'

/** An answer to a request for https://site.example, mounted at /app. */
function named(host: string, mount: string = '/app'): Named {
  const request = new Request(`https://site.example${mount}/x`)
  request.mount = mount
  return { request, connection: new Connection({ ...FACTS, secure: true }, new Exchange(), 'HTTP/1.1'), host }
}

function own(base: string | undefined, cookies: CookieOptions = {}): OwnNames {
  return { origins: [BACK], base, cookies }
}

/** What takes the place of the mount, what a back end says, and what the client is told. */
const LOCATIONS: readonly (readonly [base: string | undefined, said: string, told: string])[] = [
  [undefined, '/login', '/login'],
  [undefined, 'http://127.0.0.1:9000/login?a#b', 'https://site.example/login?a#b'],
  [undefined, 'http://site.example/login', 'https://site.example/login'],
  [undefined, 'http://SITE.example:80', 'https://site.example/'],
  [undefined, 'https://site.example/login', 'https://site.example/login'],
  [undefined, 'http://site.example:9000/login/', 'https://site.example/login/'],
  [undefined, 'http://site.example:9001/login/', 'http://site.example:9001/login/'],
  [undefined, 'http://127.0.0.1:9001/login', 'http://127.0.0.1:9001/login'],
  [undefined, 'https://127.0.0.1:9000/login', 'https://127.0.0.1:9000/login'],
  [undefined, 'http://127.0.0.1:9000.evil.example/', 'http://127.0.0.1:9000.evil.example/'],
  [undefined, 'http://127.0.0.1:9000@evil.example/', 'http://127.0.0.1:9000@evil.example/'],
  [undefined, '//127.0.0.1:9000/x', '//127.0.0.1:9000/x'],
  [undefined, 'relative', 'relative'],
  [undefined, 'mailto:a@b', 'mailto:a@b'],
  ['/', '/login', '/app/login'],
  ['/', '/', '/app/'],
  ['/', '/app/login', '/app/login'],
  ['/', '/application', '/app/application'],
  ['/', 'https://site.example/login', 'https://site.example/app/login'],
  ['/', 'http://127.0.0.1:9000/login', 'https://site.example/app/login'],
  ['/base/', '/base/login', '/app/login'],
  ['/base/', '/base', '/app'],
  ['/base/', '/other', '/other'],
  ['/base/', 'http://127.0.0.1:9000/other', 'http://127.0.0.1:9000/other'],
]

for (const [base, said, told] of LOCATIONS) {
  test(`a Location ${said} of ${base ?? 'the same path'} is ${told} for the client`, () => {
    assert.equal(publicLocation(said, own(base), named('site.example')), told)
  })
}

test('the Host that the back end was sent is one of its names', () => {
  assert.equal(publicLocation('http://app.internal/x', own('/'), named('app.internal')), 'https://site.example/app/x')
  assert.equal(publicLocation('http://app.other/x', own('/'), named('app.internal')), 'http://app.other/x')
})

test('a Refresh is put right where it names a place', () => {
  for (const [said, told] of [
    ['5', '5'],
    ['5; url=http://127.0.0.1:9000/x', '5; url=https://site.example/app/x'],
    ['0;URL="/x"', '0;URL="/app/x"'],
    ['nonsense', 'nonsense'],
  ] as const) {
    assert.equal(publicRefresh(said, own('/'), named('h')), told)
  }
})

/** What takes the place of the mount, the options, a Set-Cookie, and what the client gets. */
const COOKIES: readonly (readonly [base: string | undefined, options: CookieOptions, said: string, told: string])[] = [
  [undefined, {}, 'a=b; Path=/; HttpOnly', 'a=b; Path=/; HttpOnly'],
  ['/', {}, 'a=b; Path=/; HttpOnly', 'a=b; Path=/app; HttpOnly'],
  ['/', {}, 'a=b; path=/admin', 'a=b; Path=/app/admin'],
  ['/', {}, 'a=b; Path=/app', 'a=b; Path=/app'],
  ['/base/', {}, 'a=b; Path=/base', 'a=b; Path=/app'],
  ['/base/', {}, 'a=b; Path=/base/', 'a=b; Path=/app'],
  ['/base/', {}, 'a=b; Path=/', 'a=b; Path=/'],
  [undefined, {}, 'a=b; Domain=127.0.0.1', 'a=b'],
  [undefined, {}, 'a=b; Domain=site.example', 'a=b; Domain=site.example'],
  [undefined, { domain: 'site.example' }, 'a=b; Domain=x.example', 'a=b; Domain=site.example'],
  [undefined, { domain: '' }, 'a=b; Domain=x.example', 'a=b'],
  [undefined, { path: '/x' }, 'a=b; Path=/', 'a=b; Path=/x'],
  [undefined, { secure: true }, 'a=b', 'a=b; Secure'],
  [undefined, { secure: true }, 'a=b; secure; Max-Age=1', 'a=b; secure; Max-Age=1'],
  [undefined, {}, 'a="x;y=/"', 'a="x;y=/"'],
  [undefined, {}, '', ''],
]

for (const [base, options, said, told] of COOKIES) {
  test(`a cookie ${said} of ${base ?? 'the same path'} with ${JSON.stringify(options)} is ${told}`, () => {
    assert.equal(publicCookie(said, own(base, options), named('h')), told)
  })
}

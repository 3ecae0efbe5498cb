import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access } from '../access/access.ts'
import { ConfigError } from './config.ts'
import { checkCertificateGuards, guardLines, guardWarnings } from './guarding.ts'

const basic: Access = {
  scheme: 'basic',
  store: { htpasswd: './htpasswd' },
  allow: { groups: ['staff'], methods: ['GET'] },
}
const route = { match: '/a', respond: 'x' }

test('each route is told with what stands before it, where any has a guard', () => {
  assert.deepEqual(guardLines({ routes: [route, { ...route, access: 'public' }] }), [])
  const routes = [route, { ...route, access: 'public' as const }, { ...route, match: {}, access: { any: [basic] } }]
  assert.deepEqual(guardLines({ access: basic, routes }), [
    'routes[0] /a: allow methods GET; scheme Basic; store ./htpasswd; allow groups staff',
    'routes[1] /a: anybody',
    'routes[2] /*: allow any[0]: methods GET; scheme any[0]: Basic; store any[0]: ./htpasswd; allow any[0]: groups staff',
  ])
})

for (const [listen, trustedProxies, expected] of [
  [{ port: 80 }, [], 0],
  [{ port: 80, host: '0.0.0.0' }, [], 1],
  [{ port: 80, host: '' }, [], 1],
  [{ port: 80, host: '192.0.2.1' }, [], 1],
  [{ port: 80, host: '0.0.0.0' }, ['10.0.0.1'], 0],
  [{ port: 80, host: '127.0.0.1' }, [], 0],
  [{ port: 80, host: 'localhost' }, [], 0],
  [{ port: 443, tls: 'acme' }, [], 0],
  [{ unix: '/run/a.sock' }, [], 0],
] as const) {
  test(`passwords at ${JSON.stringify(listen)} behind ${trustedProxies}: ${expected} warnings`, () => {
    const config = { access: { any: [basic] }, routes: [route], trustedProxies }
    assert.equal(guardWarnings(config, [listen]).length, expected)
    assert.deepEqual(guardWarnings({ ...config, access: 'public' }, [listen]), [])
  })
}

test('certificates of clients are asked for where a guard goes by them', () => {
  const access: Access = { any: [{ scheme: { certificate: true } }] }
  const source = { name: 'x' }
  const routes = [route, { ...route, access }]
  const clients = { authorities: 'ca.pem' }
  checkCertificateGuards({ routes }, [{ port: 443, tls: 'acme', clients }], source)
  checkCertificateGuards({ routes: [route] }, [{ port: 80 }], source)
  for (const [config, place] of [
    [{ routes }, /^x: routes\[1\]\.access: no address asks/],
    [{ access, routes: [] }, /^x: access: no address asks/],
  ] as const) {
    assert.throws(
      () => checkCertificateGuards(config, [{ port: 443, tls: 'acme' }], source),
      (error) => error instanceof ConfigError && place.test(error.message),
    )
  }
})

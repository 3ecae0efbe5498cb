import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildConfig } from '../src/config/build.ts'
import { checkConfig } from '../src/config/check.ts'
import { makeFolder } from './support/folder.ts'

const SOURCE = { name: 'oriel.config.json', text: '' }

/** The site of a config in a folder. */
async function built(base: string, config: unknown) {
  const { site } = await buildConfig(checkConfig(config, SOURCE), { base, source: SOURCE })
  return site
}

const ONE = 'http://127.0.0.1:9000'
const WRONG: readonly (readonly [proxy: unknown, message: RegExp])[] = [
  ['127.0.0.1:9000', /no address/],
  [[], /./],
  ['http://127.0.0.1:8080', /where this server itself listens/],
  ['http://localhost:8080/x/', /where this server itself listens/],
  [['http://a', 'https://[::1]:8080'], /where this server itself listens/],
  ['unix:own.sock', /where this server itself listens/],
  [['http://a/x', 'http://b/y'], /not all the same path/],
  [['https://a', 'https://b'], /not all the same host/],
  [{ address: ['http://a', 'http://b'], host: 'upstream' }, /not all the same host/],
  [{ address: `${ONE}/x`, path: '/y' }, /path is there, and a path in the address too/],
  [{ address: ONE, path: 'x' }, /begins with/],
  [{ address: ONE, host: 'a b' }, /is no host/],
  [{ address: ONE, headers: { 'X-A': 'a\nb' } }, /no field value may have/],
  [{ address: ONE, headers: { 'X A': 'a' } }, /no name of a field/],
  [{ address: ONE, headers: { Host: 'a' } }, /headers cannot say what Host is/],
  [{ address: ONE, headers: { 'X-A': true } }, /X-A/],
  [{ address: ONE, upgrade: ['h2c'] }, /no guard would see/],
  [{ address: ONE, forwarded: 'both' }, /forwarded/],
  [{ address: ONE, health: {} }, /path/],
  [{ address: [{ address: ONE, weight: 0 }] }, /./],
  [{ address: 'https://a', tls: { ca: 'none.pem' } }, /none\.pem/],
  [{ adress: ONE }, /address/],
]

for (const [proxy, message] of WRONG) {
  test(`${JSON.stringify(proxy)} is refused with its route`, async () => {
    const listen = [{ port: 8080 }, { unix: 'own.sock' }]
    await assert.rejects(built(makeFolder(), { listen, routes: [{ match: '/*', proxy }] }), (error: Error) => {
      assert.match(error.message, message)
      assert.match(error.message, /routes\[0\]/)
      return true
    })
  })
}

test('every form of an address and of options is taken', async () => {
  for (const proxy of [
    ONE,
    'http://127.0.0.1:9000/base/',
    'unix:run/app.sock',
    'https://back.example',
    ['http://a', { address: 'http://b:81', weight: 2.5 }],
    {
      address: [ONE, 'unix:x'],
      path: '/',
      host: 'name.example:81',
      headers: { 'X-Key': 'ä', Cookie: false },
      forwarded: 'forwarded',
      user: 'X-User',
      authorization: false,
      upgrade: ['websocket', 'tcp'],
      location: false,
      cookies: { secure: true, domain: '', path: '/' },
      spool: true,
      buffer: 1024,
      timeouts: { firstByte: 1, idle: 1, total: 1, upgraded: 0 },
      connections: 4,
      queue: 0,
      connectTimeout: 10,
      keepAlive: 0,
      tls: { verify: false, serverName: 'x' },
      health: { path: '/ok?full', status: 204 },
    },
  ]) {
    await built(makeFolder(), { routes: [{ match: '/*', proxy }] })
  }
  const elsewhere = { listen: [{ host: '192.0.2.1', port: 9000 }], routes: [{ match: '/*', proxy: ONE }] }
  await built(makeFolder(), elsewhere)
})

test('keys for back ends are never sent as files', async () => {
  const base = makeFolder({ 'tls/key.pem': 'secret', 'tls/readme': 'text' })
  const config = {
    routes: [
      { match: '/tls/*', files: 'tls' },
      { match: '/*', proxy: { address: 'http://a', tls: { ca: 'tls/key.pem' } } },
    ],
  }
  const site = await built(base, config)
  assert.equal((await site.request('/tls/key.pem')).status, 404)
  assert.equal((await site.request('/tls/readme')).status, 200)
})

test('where no host is named, oriel explain tells that it is the one that the client names', async () => {
  const named = '<what the client names>'
  for (const [host, told] of [
    ['client', named],
    ['upstream', '127.0.0.1:1'],
    ['own.example', 'own.example'],
  ] as const) {
    const site = await built(makeFolder(), {
      routes: [{ match: '/app/*', proxy: { address: 'http://127.0.0.1:1/', host } }],
    })
    const { lines } = await site.explain('GET', '/app/x?y')
    const said = lines.map(([, text]) => text)
    assert.ok(said.includes('GET /x?y HTTP/1.1') && said.includes('X-Forwarded-Prefix: /app'))
    assert.deepEqual(
      said.filter((text) => /host/i.test(text)),
      [`Host: ${told}`, `X-Forwarded-Host: ${named}`, `Forwarded: for=127.0.0.1;proto=http;host="${named}"`],
    )
  }
})

test('oriel explain makes no connection, and tells what would be sent', async () => {
  const proxy = { address: 'http://127.0.0.1:1/base/', headers: { 'X-Key': 'k' } }
  const site = await built(makeFolder(), { routes: [{ match: '/app/*', proxy }] })
  const { lines } = await site.explain('GET', 'http://site.example/app/x%2Fy?z')
  assert.deepEqual(lines.slice(lines.findIndex(([word]) => word === 'upstream')), [
    ['upstream', 'http://127.0.0.1:1'],
    ['request', 'GET /base/x%2Fy?z HTTP/1.1'],
    ['field', 'Host: site.example'],
    ['field', 'X-Forwarded-For: 127.0.0.1'],
    ['field', 'X-Forwarded-Proto: http'],
    ['field', 'X-Forwarded-Host: site.example'],
    ['field', 'Forwarded: for=127.0.0.1;proto=http;host=site.example'],
    ['field', 'X-Forwarded-Prefix: /app'],
    ['field', 'Via: 1.1 oriel'],
    ['field', 'X-Key: k'],
  ])
  const refused = await site.explain('GET', '/app/..%2Fx')
  assert.deepEqual(refused.lines.at(-1), ['status', '400: This path can be understood in two ways.'])
})

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Access, Resource, Response, Site, serve } from '../src/index.ts'
import { ask } from './support/client.ts'
import { fill, makeFolder } from './support/folder.ts'

const SOON = { timeout: 60_000 }
const LOGIN = { Authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` }
/** Of "secret". */
const SHA = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='
const FILES = {
  htpasswd: `ada:${SHA}\njoe:${SHA}\n`,
  groups: 'staff: ada\n',
  'open.txt': 'open',
  '.htpasswd.new': 'ada:half',
}

async function served(t: TestContext, base: string, access: Access) {
  const options = {
    port: 0,
    host: '127.0.0.1',
    base,
    access,
    routes: [{ match: '/*', files: { root: '.', dotfiles: true } }],
  }
  const server = await serve(options)
  t.after(() => server.close())
  return { server, get: async (path: string, headers = {}) => (await ask(server.url, path, { headers })).status }
}

test('a file of passwords guards a whole site, and no file that guards name is ever served', SOON, async (t) => {
  const base = makeFolder({ ...FILES, 'may.js': 'export function authorizeUser() {}' })
  const store = { htpasswd: './htpasswd', groups: './groups' }
  const { get } = await served(t, base, {
    scheme: 'basic',
    store,
    allow: { groups: ['staff'] },
    authorizer: './may.js',
  })
  const joe = { Authorization: `Basic ${Buffer.from('joe:secret').toString('base64')}` }
  assert.deepEqual(
    [await get('/open.txt'), await get('/open.txt', LOGIN), await get('/open.txt', joe)],
    [401, 200, 403],
  )
  for (const path of ['/htpasswd', '/groups', '/.htpasswd.new', '/may.js', '/x/../htpasswd', '/%68tpasswd']) {
    assert.equal(await get(path, LOGIN), 404, path)
  }
})

for (const [how, before, after] of [
  ['by name', 'export function authorizeUser() {}', 'export function authorizeUser() { throw new Error("no") }'],
  [
    'by default, as an object with this',
    'export default { no: false, authorizeUser() { if (this.no) throw new Error("no") } }',
    'export default { no: true, authorizeUser() { if (this.no) throw new Error("no") } }',
  ],
] as const) {
  test(`an Authorizer of a module, ${how}, is evaluated again at a reload`, SOON, async (t) => {
    const base = makeFolder({ ...FILES, 'may.mjs': before })
    const { server, get } = await served(t, base, { any: [{ authorizer: './may.mjs' }] })
    assert.equal(await get('/open.txt'), 200)
    fill(base, { 'may.mjs': after })
    await server.reload()
    assert.equal(await get('/open.txt'), 500)
  })
}

for (const [what, access, fault] of [
  [
    'a file of passwords that is not there',
    { scheme: 'basic', store: { htpasswd: './none' } },
    /none: there is no such file/,
  ],
  ['a module that is not there', { authorizer: './none.js' }, /access\.authorizer: there is no file .*none\.js/],
  ['a module deep in rules', { any: [{ authorizer: './none.js' }] }, /access\.any\[0\]\.authorizer: there is no file/],
  [
    'a module without an Authorizer',
    { authorizer: './empty.mjs' },
    /access\.authorizer: .*empty\.mjs exports no Authorizer/,
  ],
] as const) {
  test(`${what} is told at start`, SOON, async () => {
    const base = makeFolder({ 'empty.mjs': 'export const x = 1' })
    const config = { port: 0, host: '127.0.0.1', base }
    await assert.rejects(serve({ ...config, access, routes: [] }), { name: 'ConfigError', message: fault })
    const routes = [{ match: '/*', respond: 'x', access }]
    await assert.rejects(serve({ ...config, routes }), { name: 'ConfigError', message: /routes\[0\]/ })
  })
}

class Who extends Resource {
  override GET(_: unknown, { user }: { readonly user: { readonly name: string } | undefined }) {
    return new Response(user?.name ?? 'nobody')
  }
}

test('a Site without a config has the same guards, and public routes', SOON, async () => {
  const store = { htpasswd: './htpasswd' }
  const good = new Site({
    access: { scheme: 'basic', store },
    routes: [
      { match: '/open', access: 'public', resource: Who },
      { match: '/*', resource: Who },
    ],
    place: { base: makeFolder(FILES) },
  })
  const told = async (path: string, headers = {}) => {
    const response = await good.request(path, { headers })
    return `${response.status} ${response.status === 200 ? await response.text() : response.headers.get('www-authenticate')}`
  }
  assert.equal(await told('/x'), '401 Basic realm="Restricted", charset="UTF-8"')
  assert.equal(await told('/x', LOGIN), '200 ada')
  assert.equal(await told('/open', LOGIN), '200 nobody')
})

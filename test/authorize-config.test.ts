import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './support/client.ts'
import { startOriel } from './support/command.ts'
import { makeFolder } from './support/folder.ts'
import { readmeBlock } from './support/readme.ts'

const SOON = { timeout: 60_000 }
const PAGE = 'docs/authorizing-others.md'
const SCHEME = `
const scheme = {
  type: 'Test',
  identify: (request) => request.headers.has('x-name') ? { name: request.headers.get('x-name'), groups: [] } : undefined,
  challenge: () => 'Test',
}
`
/** Whoever says a name is believed, in the place of a file with passwords. */
const BELIEVED = { "scheme: 'basic', store: { htpasswd: './htpasswd' }": 'scheme', 'port: 8080': 'port: 0' }

/** The folder of a site whose config stands in the page. */
function folderOf(config: string): string {
  return makeFolder({
    'oriel.config.ts': `${SCHEME}${config}`,
    'owners.mjs': readmeBlock('By instance', 0, {}, PAGE),
    'a.txt': 'a file',
  })
}

function byInstance(): string {
  const block = readmeBlock('By instance', 1, BELIEVED, PAGE)
  return `export default {
    listen: [{ port: 0, host: '127.0.0.1' }],
    routes: [{ match: '/*', files: '.' }, { match: '/auth', ${block} }],
  }`
}

test('the config of the page answers by its rules', SOON, async (t) => {
  const oriel = startOriel(t, ['serve'], folderOf(readmeBlock('The endpoint', 0, BELIEVED, PAGE)))
  const url = await oriel.url()
  const status = async (target: string, headers = {}): Promise<number> =>
    (await ask(url, '/auth', { headers: { 'X-Original-URI': target, 'X-Original-Method': 'GET', ...headers } })).status
  assert.equal(await status('/a'), 200)
  assert.equal(await status('/private/a'), 401)
  assert.equal(await status('/private/a', { 'X-Name': 'ann' }), 200)
})

test('only the owner of a note may PUT it, and everybody may read it', SOON, async (t) => {
  const oriel = startOriel(t, ['serve'], folderOf(byInstance()))
  const url = await oriel.url()
  const asked = async (method: string, target: string, name?: string): Promise<readonly unknown[]> => {
    const headers = { 'X-Original-URI': target, 'X-Original-Method': method, ...(name && { 'X-Name': name }) }
    const answer = await ask(url, '/auth', { headers })
    return [answer.status, answer.headers['remote-user'], answer.headers['variable-note_owner']]
  }
  assert.deepEqual(await asked('GET', '/notes/1'), [200, '', undefined])
  assert.deepEqual(await asked('HEAD', '/notes/2', 'ann'), [200, '', undefined])
  assert.deepEqual(await asked('PUT', '/notes/1', 'ann'), [200, 'ann', 'ann'])
  assert.deepEqual(await asked('PUT', '/notes//./%31', 'ann'), [200, 'ann', 'ann'])
  const closed = [undefined, undefined]
  assert.deepEqual(await asked('PUT', '/notes/1'), [401, ...closed])
  assert.deepEqual(await asked('PUT', '/notes/2', 'ann'), [403, ...closed])
  assert.deepEqual(await asked('DELETE', '/notes/3', 'ann'), [403, ...closed])
  assert.deepEqual(await asked('GET', '/elsewhere', 'ann'), [403, ...closed])
  assert.equal((await ask(url, '/a.txt')).status, 200)
  assert.equal((await ask(url, '/owners.mjs')).status, 404, 'who decides is never served')
})

test('check finds what is wrong with it, and explain tells the rules and runs none', SOON, async (t) => {
  const explained = await startOriel(t, ['explain', 'GET', '/auth'], folderOf(byInstance())).ended
  assert.equal(explained.code, 0, explained.stderr)
  for (const line of [/GET \/notes\/\*: public/, /\/notes\/\*: Test/, /owners\.mjs/, /nobody may/]) {
    assert.match(explained.stdout, line)
  }
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{}', /routes\[0\]\.authorize: needs access, or routes with access, and not both/],
    ["{ access: 'public', routes: [{ match: '/*', access: 'public' }] }", /needs access, or routes/],
    ["{ routes: [{ match: 'a', access: 'public' }] }", /routes\[0\]\.match: the pattern "a" must begin with a slash/],
    ["{ routes: [{ match: '/a' }] }", /routes\[0\]\.access: is missing/],
    ["{ access: 'public', user: 'a b' }", /authorize\.user: "a b" is not a field name/],
    ["{ access: 'public', groupss: 'a' }", /did you mean "groups"/],
    ["{ access: { scheme, authorizer: './none.mjs' } }", /authorize\.access\.authorizer/],
    ["{ routes: [{ match: '/a', access: { scheme, authorizer: './none.mjs' } }] }", /routes\[0\]\.access\.authorizer/],
  ]
  for (const [authorize, fault] of cases) {
    const folder = folderOf(`export default { routes: [{ match: '/auth', authorize: ${authorize} }] }`)
    const { code, stdout, stderr } = await startOriel(t, ['check'], folder).ended
    assert.notEqual(code, 0, authorize)
    assert.match(stdout + stderr, fault)
  }
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { checkConfig } from '../src/config/check.ts'
import { ask } from './support/client.ts'
import { startOriel } from './support/command.ts'
import { makeFolder } from './support/folder.ts'
import { readmeBlock } from './support/readme.ts'

const SOON = { timeout: 60_000 }
const PAGE = 'docs/authorizing-others.md'
const HASH = `{SHA}${createHash('sha1').update('secret').digest('base64')}`
const ANYWHERE = { 'port: 8080': 'port: 0' }

function as(name: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:secret`).toString('base64')}` }
}

/** The folder of a site whose config stands in the page. */
function folderOf(config: string): string {
  return makeFolder({
    'oriel.config.ts': config,
    htpasswd: `ann:${HASH}\nbob:${HASH}\n`,
    'owners.mjs': readmeBlock('By instance', 0, {}, PAGE),
    'a.txt': 'a file',
  })
}

function byInstance(): string {
  const block = readmeBlock('By instance', 1, ANYWHERE, PAGE)
  return `export default {
    listen: [{ port: 0, host: '127.0.0.1' }],
    routes: [{ match: '/*', files: '.' }, { match: '/auth', ${block} }],
  }`
}

test('the config of the page answers by its rules', SOON, async (t) => {
  const oriel = startOriel(t, ['serve'], folderOf(readmeBlock('The endpoint', 0, ANYWHERE, PAGE)))
  const url = await oriel.url()
  const status = async (target: string, headers = {}): Promise<number> =>
    (await ask(url, '/auth', { headers: { 'X-Original-URI': target, 'X-Original-Method': 'GET', ...headers } })).status
  assert.equal(await status('/a'), 200)
  assert.equal(await status('/private/a'), 401)
  assert.equal(await status('/private/a', as('ann')), 200)
})

test('only the owner of a note may PUT it, and everybody may read it', SOON, async (t) => {
  const oriel = startOriel(t, ['serve'], folderOf(byInstance()))
  const url = await oriel.url()
  const asked = async (method: string, target: string, name?: string): Promise<readonly unknown[]> => {
    const headers = { 'X-Original-URI': target, 'X-Original-Method': method, ...(name && as(name)) }
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
  for (const file of ['/owners.mjs', '/htpasswd']) assert.equal((await ask(url, file)).status, 404, file)
})

test('check finds what is wrong with it, and explain tells the rules and runs none', SOON, async (t) => {
  const explained = await startOriel(t, ['explain', 'GET', '/auth'], folderOf(byInstance())).ended
  assert.equal(explained.code, 0, explained.stderr)
  for (const line of [/GET \/notes\/\*: public/, /\/notes\/\*: .*basic/i, /owners\.mjs/, /nobody may/]) {
    assert.match(explained.stdout, line)
  }
  const folder = folderOf(`export default {
    routes: [{ match: '/auth', authorize: { routes: [{ match: '/a', access: { authorizer: './none.mjs' } }] } }],
  }`)
  const checked = await startOriel(t, ['check'], folder).ended
  assert.notEqual(checked.code, 0)
  assert.match(checked.stdout + checked.stderr, /routes\[0\]\.authorize\.routes\[0\]\.access\.authorizer/)
})

test('what is wrong with it is told with its key', () => {
  const access = 'public'
  const cases: readonly (readonly [unknown, string])[] = [
    [{}, ': needs access, or routes with access, and not both'],
    [{ access, routes: [{ match: '/*', access }] }, ': needs access, or routes with access, and not both'],
    [{ routes: [{ match: 'a', access }] }, '.routes[0].match: the pattern "a" must begin with a slash'],
    [{ routes: [{ match: '/a' }] }, '.routes[0].access: is missing'],
    [{ routes: [] }, '.routes: must not be empty'],
    [{ access, user: 'a b' }, '.user: "a b" is not a field name'],
    [{ access, groupss: 'a' }, '.groupss: there is no such key; did you mean "groups"?'],
    [{ access: 'pubic' }, '.access: '],
  ]
  for (const [authorize, fault] of cases) {
    const given = { routes: [{ match: '/auth', authorize }] }
    assert.throws(
      () => checkConfig(given, { name: 'config' }),
      (error: Error) => error.message.includes(`config: routes[0].authorize${fault}`),
      fault,
    )
  }
})

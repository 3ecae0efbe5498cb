import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { callOf, serveFastCgi, webServerUser } from '../src/fastcgi.ts'
import type { Scheme } from '../src/message/interface.ts'
import { Response } from '../src/message/response.ts'
import { Site } from '../src/site/site.ts'
import { start } from './support/fastcgi-start.ts'
import { makeFolder } from './support/folder.ts'
import { begun, seenIn, whole } from './support/web-server-end.ts'

const SOON = { timeout: 20_000 }
const basic: Scheme = {
  type: 'Basic',
  usesAuthorization: true,
  identify(request) {
    const given = /^Basic (.*)$/.exec(request.headers.get('authorization') ?? '')?.[1]
    const [name = '', password] = Buffer.from(given ?? '', 'base64')
      .toString()
      .split(':')
    return password === 'secret' ? { name, groups: ['staff', 'wheel'] } : undefined
  },
  challenge: () => 'Basic realm="a"',
}
const resource = (): Response => new Response('the resource')
const site = new Site({
  routes: [
    { match: '/open/*', resource },
    { match: '/private/*', resource, access: { scheme: basic } },
    { match: '/known/*', resource, access: { scheme: webServerUser } },
  ],
})
const ANN = `Basic ${Buffer.from('ann:secret').toString('base64')}`

test('the guards of a Site answer in the role Authorizer, and its resources are never called', SOON, async (t) => {
  const end = await start(t, site)
  const ask = async (
    path: string,
    variables: Record<string, string> = {},
  ): Promise<[number, Record<string, string>]> => {
    const { status, headers, body } = seenIn(await end.send(begun({ role: 2, path, variables })).answer())
    assert.doesNotMatch(String(body), /the resource/)
    const { 'content-length': _, 'content-type': __, 'cache-control': ___, ...rest } = headers
    return [status, rest]
  }
  const ann = { 'variable-remote_user': 'ann', 'variable-remote_groups': 'staff,wheel', 'variable-auth_type': 'Basic' }
  const selective = { HTTP_RANGE: 'bytes=0-0', HTTP_IF_NONE_MATCH: '*', CONTENT_LENGTH: '5', REQUEST_METHOD: 'PUT' }
  assert.deepEqual(await ask('/private/a', { HTTP_AUTHORIZATION: ANN, ...selective }), [200, ann])
  assert.deepEqual(await ask('/open/a'), [200, {}])
  assert.deepEqual(await ask('/open/a', { REMOTE_USER: 'eve' }), [200, {}])
  assert.deepEqual(await ask('/private/a'), [401, { 'www-authenticate': 'Basic realm="a"' }])
  for (const path of ['/none', '/open%2F..%2Fprivate/a', '/open/..;/private/a', '/../open/a']) {
    assert.equal((await ask(path))[0], 403, path)
  }
  for (const path of ['/open/../private/a', '//private/a', '/%70rivate/a', '/open/%2e%2E/private/a']) {
    assert.equal((await ask(path))[0], 401, path)
  }
})

test(
  'a Site that answers as Responder does so beside it, and one that is only an Authorizer does not',
  SOON,
  async (t) => {
    const both = await start(t, site)
    assert.equal(String(seenIn(await both.send(whole({ path: '/open/a' })).answer()).body), 'the resource')
    const one = await start(t, { authorizer: site })
    assert.equal(seenIn(await one.send(begun({ role: 2, path: '/open/a' })).answer()).status, 200)
    const { end } = await one.send(whole({ path: '/open/a' })).answer()
    assert.equal(end?.protocolStatus, 3, 'FCGI_UNKNOWN_ROLE')
  },
)

test(
  'what Apache tells an authenticator is what Authorization says, and a user it names is only claimed',
  SOON,
  async (t) => {
    const end = await start(t, site)
    const ask = async (path: string, variables: Record<string, string>): Promise<[number, string | undefined]> => {
      const { status, headers } = seenIn(await end.send(begun({ role: 2, path, variables })).answer())
      return [status, headers['variable-remote_user']]
    }
    assert.deepEqual(await ask('/private/a', { REMOTE_USER: 'ann', REMOTE_PASSWD: 'secret' }), [200, 'ann'])
    assert.deepEqual(await ask('/private/a', { REMOTE_USER: 'ann', REMOTE_PASSWD: 'wrong' }), [401, undefined])
    assert.deepEqual(await ask('/private/a', { REMOTE_USER: 'ann' }), [401, undefined])
    assert.deepEqual(await ask('/known/a', { REMOTE_USER: 'ann' }), [200, 'ann'])
    assert.deepEqual(await ask('/known/a', { REMOTE_USER: 'ann', REMOTE_PASSWD: 'wrong' }), [401, undefined])
    assert.deepEqual(await ask('/known/a', { REMOTE_USER: 'ann', REMOTE_PASSWD: '' }), [401, undefined])
  },
)

test('Oriel asks the guards of another Oriel, whose user and groups reach the program behind', SOON, async (t) => {
  const listen = `unix:${join(makeFolder(), 'app.sock')}`
  const told = (_: unknown, connection: Parameters<typeof callOf>[0]): Response => {
    const call = callOf(connection)
    return new Response(['REMOTE_USER', 'REMOTE_GROUPS'].map((name) => call?.variable(name)).join(' '))
  }
  const server = await serveFastCgi({ responder: told, authorizer: site }, { listen })
  t.after(() => server.close())
  const front = new Site({ routes: [{ match: '/*', fastcgi: listen, access: { authorizer: { fastcgi: listen } } }] })
  const ask = async (path: string, headers = {}): Promise<[number, string]> => {
    const answer = await front.request(path, { headers })
    return [answer.status, answer.ok ? await answer.text() : (answer.headers.get('www-authenticate') ?? '')]
  }
  assert.deepEqual(await ask('/private/a', { Authorization: ANN, 'Remote-User': 'eve' }), [200, 'ann staff,wheel'])
  assert.deepEqual(await ask('/private/a', { 'Remote-User': 'eve' }), [401, 'Basic realm="a"'])
  assert.deepEqual(await ask('/open/a'), [200, ' '])
  for (const path of ['/open/../private/a', '//private/a', '/%70rivate/a'])
    assert.equal((await ask(path))[0], 401, path)
  assert.equal((await ask('/open%2F..%2Fprivate/a'))[0], 403)
  assert.equal((await ask('/none'))[0], 403)
})

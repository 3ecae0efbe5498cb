import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { test } from 'node:test'
import { startOriel } from '../support/command.ts'
import { everyKind } from '../support/every-kind.ts'
import { fill } from '../support/folder.ts'

const PASSWORDS = { ann: 'of ann', bob: 'of bob' }

/** Each guard by the mount of its routes, and what of it a user gets. */
const GUARDS: readonly (readonly [mount: string, access: string])[] = [
  ['open', `'public'`],
  ['login', ``],
  ['staff', `{ scheme: 'basic', store: STORE, allow: { groups: ['staff'] } }`],
  ['readers', `{ scheme: 'basic', store: STORE, allow: { methods: ['GET', 'HEAD'] } }`],
  ['elsewhere', `{ allow: { addresses: ['192.0.2.0/24'] } }`],
  ['here', `{ allow: { addresses: ['loopback'] } }`],
  [
    'any',
    `{ any: [{ allow: { addresses: ['192.0.2.0/24'] } }, { scheme: 'basic', store: STORE, allow: { users: ['ann'] } }] }`,
  ],
  ['module', `{ scheme: 'basic', store: STORE, authorizer: './authorizer.mjs' }`],
]

const AUTHORIZER = `import { Forbidden } from 'oriel'
export default {
  authorizeUser(who, request) {
    if (request.query.get('fail') !== null) throw new Error('broken on purpose')
    if (who?.name !== 'ann') throw new Forbidden()
    return { TOLD: 'by the authorizer' }
  },
}
`

interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

test('every guard before every kind of resource', { timeout: 120_000 }, async (t) => {
  const every = await everyKind(t)
  if (every === undefined) return
  const { kinds, folder, objects } = every
  const routes = GUARDS.flatMap(([mount, access]) =>
    kinds.map(
      ({ name, keys }) => `{ match: '/${mount}/${name}/*', ${access === '' ? '' : `access: ${access}, `}${keys} }`,
    ),
  )
  const lines = Object.entries(PASSWORDS).map(([name, password]) => `${name}:${hashOf(password)}\n`)
  fill(folder, {
    htpasswd: lines.join(''),
    groups: 'staff: ann\n',
    'authorizer.mjs': AUTHORIZER,
    'oriel.config.mjs': `
      const STORE = { htpasswd: './htpasswd', groups: './groups' }
      export default {
        listen: [{ host: '127.0.0.1', port: 0 }],
        ${objects}
        access: { scheme: 'basic', store: STORE },
        routes: [\n${routes.join(',\n')}] }`,
  })
  const oriel = startOriel(t, ['serve'], folder, { env: { PYTHONDONTWRITEBYTECODE: '1' } })
  const url = await oriel.url()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const get = (
    path: string,
    user?: keyof typeof PASSWORDS,
    headers: Record<string, string> = {},
    method: string = 'GET',
  ) => {
    const credentials = user === undefined ? {} : { authorization: basic(user, PASSWORDS[user]) }
    return ask(`${url}${path}`, agent, method, { ...credentials, ...headers })
  }

  for (const { name, path, tells } of kinds) {
    const at = (mount: string, end: string): string => `/${mount}/${name}${path}${end}`
    const statuses = async (mount: string) => {
      const found = [
        await get(at(mount, '/hello')),
        await get(at(mount, '/hello'), 'bob'),
        await get(at(mount, '/hello'), 'ann'),
      ]
      for (const { status, text } of found) if (status !== 200) assert.doesNotMatch(text, /hello from/)
      return found.map(({ status }) => status)
    }
    await t.test(`${name}: nobody, bob and ann`, async () => {
      assert.deepEqual(await statuses('open'), [200, 200, 200])
      assert.deepEqual(await statuses('login'), [401, 200, 200])
      assert.deepEqual(await statuses('staff'), [401, 403, 200])
      assert.deepEqual(await statuses('readers'), [401, 200, 200])
      assert.deepEqual(await statuses('elsewhere'), [403, 403, 403])
      assert.deepEqual(await statuses('here'), [200, 200, 200])
      assert.deepEqual(await statuses('any'), [401, 403, 200])
      assert.deepEqual(await statuses('module'), [401, 403, 200])
    })

    await t.test(`${name}: a guard that fails lets nobody in`, async () => {
      assert.equal((await get(`${at('module', '/hello')}?fail`, 'ann')).status, 500)
    })

    await t.test(`${name}: what asks for a login says how, and nothing of what is behind it`, async () => {
      const asked = await get(at('login', '/hello'))
      assert.match(asked.headers['www-authenticate'] ?? '', /^Basic realm="[^"]*", charset="UTF-8"$/)
      assert.equal((await get(at('login', '/hello'), undefined, { authorization: basic('ann', 'wrong') })).status, 401)
      const tries: [string, Record<string, string>][] = [
        ['HEAD', {}],
        ['GET', { 'if-none-match': '*' }],
        ['GET', { 'if-match': '"no"' }],
        ['GET', { range: 'bytes=0-0' }],
        ['GET', { range: 'bytes=100000-' }],
        ['OPTIONS', {}],
        ['POST', { 'content-length': '0' }],
        ['PUT', { 'content-length': '0' }],
        ['DELETE', {}],
        ['TRACE', {}],
        ['PROPFIND', {}],
      ]
      for (const [method, headers] of tries) {
        const { status, headers: told } = await get(at('login', '/hello'), undefined, headers, method)
        assert.ok([401, 405, 501].includes(status), `${method} ${JSON.stringify(headers)}: ${status}`)
        assert.deepEqual(
          [told.etag, told['last-modified'], told['content-range'], told.allow],
          [undefined, undefined, undefined, told.allow],
        )
      }
      assert.equal((await get(at('readers', '/hello'), 'ann', { 'content-length': '0' }, 'POST')).status, 403)
    })

    await t.test(`${name}: who it is ends with the request`, async () => {
      assert.equal((await get(at('login', '/hello'), 'ann')).status, 200)
      assert.equal((await get(at('login', '/hello'))).status, 401)
      if (!tells) return
      const anonymous = JSON.parse((await get(at('open', '/who'))).text) as Record<string, string>
      assert.deepEqual(
        Object.values(anonymous).filter((value) => value !== ''),
        [],
      )
    })

    if (!tells) continue
    await t.test(`${name}: it is told who it is, and never by the client`, async () => {
      const forged = {
        'remote-user': 'mallory',
        remote_user: 'mallory',
        'x-remote-user': 'mallory',
        'auth-type': 'mallory',
        'x-forwarded-user': 'mallory',
        'x-webauth-user': 'mallory',
      }
      const { text } = await get(at('staff', '/who'), 'ann', forged)
      const told = JSON.parse(text) as Record<string, string>
      // A module sees what a client sends, and who it is on the connection.
      // TypeScript reads the fields itself, in this process or in another one; who it is stands elsewhere.
      if (!/^(?:module|object)/.test(name)) assert.doesNotMatch(text, /mallory/)
      assert.equal(told['REMOTE_USER'] ?? told['HTTP_X_REMOTE_USER'], 'ann', text)
      if (told['REMOTE_USER'] !== undefined) assert.equal(told['AUTH_TYPE'], 'Basic')
      assert.equal(told['HTTP_AUTHORIZATION'] ?? '', '', 'the guard has used it')
      const open = JSON.parse((await get(at('open', '/who'), 'ann', forged)).text) as Record<string, string>
      assert.equal(open['REMOTE_USER'] ?? '', '')
      const passed = name === 'cgi' ? '' : basic('ann', PASSWORDS.ann)
      assert.equal(open['HTTP_AUTHORIZATION'] ?? '', passed)
    })
  }
})

function hashOf(password: string): string {
  return spawnSync('openssl', ['passwd', '-6', password], { encoding: 'utf8' }).stdout.trim()
}

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

function ask(url: string, agent: Agent, method: string, headers: Record<string, string>): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end()
  })
}

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { AccessRules } from '../src/access/access.ts'
import type { Connection } from '../src/message/connection.ts'
import { AuthenticationFailed, Forbidden } from '../src/message/errors.ts'
import type { Authorizer } from '../src/message/interface.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { ask } from './support/client.ts'
import { type Asked, FakeApplication, type Script } from './support/fake-application.ts'
import { makeFolder } from './support/folder.ts'
import { publishing, servingObjects } from './support/objects-site.ts'

const SOON = { timeout: 60_000 }

const inside = (request: Request, { user, variables }: Connection) =>
  Response.json({ user, variables, method: request.method })

function as(name: string, password: string = 'secret'): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

/** Knows everybody whose password is `secret`. */
const users = {
  authenticateUser(name: string, password: string) {
    if (password !== 'secret') throw new AuthenticationFailed()
    return { name, groups: name === 'ann' ? ['staff'] : [] }
  },
}

/** What a gate was asked, as it was told. */
interface Seen {
  readonly user: unknown
  readonly type: string | undefined
  readonly method: string
  readonly path: string
  readonly rest: string
  readonly params: unknown
  readonly key: string | null
  readonly address: string
  readonly body: boolean
}

class Gate implements Authorizer {
  readonly seen: Seen[] = []

  authorizeUser(who: unknown, request: Request, connection: Connection) {
    this.seen.push({
      user: who,
      type: connection.means?.type,
      method: request.method,
      path: request.path + request.search,
      rest: request.rest,
      params: { ...request.params },
      key: request.headers.get('x-key'),
      address: connection.clientAddress,
      body: request.body !== null,
    })
    if (request.headers.get('x-key') === 'no') throw new Forbidden({ detail: 'Not with this key.' })
    return { NOTE: 'für dich' }
  }

  /** It is a resource too. */
  GET(): Response {
    return new Response('the gate')
  }
}

/** A site whose page an object guards; in the same process, or in another one as far as the site knows. */
async function guarded(t: TestContext, where: 'module' | 'wire', access: AccessRules) {
  const gate = new Gate()
  const objects = { gate, users, page: inside }
  const handle = where === 'wire' ? (await publishing(t, objects)).handle : 'module:./paul.ts'
  ;(globalThis as Record<string, unknown>)['objectsOfTheTest'] = objects
  const base = makeFolder({
    'paul.ts': "import { publish } from 'oriel'\nawait publish('paul', globalThis.objectsOfTheTest)",
  })
  const served = await servingObjects(t, {
    base,
    objects: { paul: handle },
    routes: [
      { match: '/page/*', resource: inside, access },
      { match: '/notes/:id', resource: inside, access },
    ],
  })
  return { gate, ...served }
}

for (const where of ['module', 'wire'] as const) {
  test(`an object is asked by whom, what and how (${where})`, SOON, async (t) => {
    const { gate, url } = await guarded(t, where, {
      scheme: 'basic',
      store: { object: 'users@paul' },
      authorizer: 'gate@paul',
    })
    const headers = { ...as('ann'), 'X-Key': 'k', 'Content-Type': 'text/plain' }
    const put = await ask(url, '/page/a%20b?x=1', { method: 'PUT', headers, body: 'content' })
    assert.deepEqual(JSON.parse(String(put.body)), {
      user: { name: 'ann', groups: ['staff'] },
      variables: { NOTE: 'für dich' },
      method: 'PUT',
    })
    assert.deepEqual(gate.seen, [
      {
        user: { name: 'ann', groups: ['staff'] },
        type: 'Basic',
        method: 'PUT',
        path: '/page/a%20b?x=1',
        rest: '/a%20b',
        params: {},
        key: 'k',
        address: '127.0.0.1',
        body: where === 'module',
      },
    ])
    for (const method of ['GET', 'HEAD', 'DELETE'])
      assert.equal((await ask(url, '/page/', { method, headers })).status, 200)
    // By these it says whose something is: they must be those of the object behind it.
    await ask(url, '/notes/7%20a', { headers })
    assert.deepEqual([gate.seen.at(-1)?.params, gate.seen.at(-1)?.rest], [{ id: '7 a' }, '/notes/7%20a'])
    const refused = await ask(url, '/page/', { headers: { ...as('ann'), 'X-Key': 'no', Accept: 'application/json' } })
    assert.equal(refused.status, 403)
    assert.match(String(refused.body), /Not with this key/)
    assert.equal(gate.seen.length, 6)
    for (const credentials of [{}, as('ann', 'wrong')]) {
      const answer = await ask(url, '/page/', { headers: credentials })
      assert.deepEqual([answer.status, answer.headers['www-authenticate']?.slice(0, 5)], [401, 'Basic'])
    }
    assert.equal(gate.seen.length, 6, 'nobody was asked about')
  })

  test(`an object that is not there, or no Authorizer, lets nobody in (${where})`, SOON, async (t) => {
    for (const authorizer of ['nobody@paul', 'page@paul', 'users@paul']) {
      const made = guarded(t, where, { authorizer })
      if (where === 'module') {
        await assert.rejects(made, /routes\[0\]\.access\.authorizer.*is no authorizer/s)
        continue
      }
      const { url, reports } = await made
      assert.equal((await ask(url, '/page/')).status, 503)
      assert.match(String(reports.all[0]?.fields['error']), new RegExp(`${authorizer} is no Authorizer`))
    }
  })

  test(`of two parts of a guard one object may fail (${where})`, SOON, async (t) => {
    const missing = where === 'wire' ? ['nobody@paul'] : []
    const basic = { scheme: 'basic', store: { object: 'users@paul' } } as const
    const { url } = await guarded(t, where, {
      any: [
        ...missing.map((authorizer) => ({ authorizer })),
        { allow: { methods: ['PUT'] }, ...basic },
        { authorizer: 'gate@paul' },
      ],
    })
    assert.equal((await ask(url, '/page/')).status, 200)
    assert.equal((await ask(url, '/page/', { headers: { 'X-Key': 'no' } })).status, where === 'wire' ? 503 : 403)
    const both = await guarded(t, where, { all: [basic, { authorizer: 'gate@paul' }] })
    assert.equal((await ask(both.url, '/page/', { headers: as('bob') })).status, 200)
    assert.deepEqual(
      both.gate.seen.map(({ user }) => user),
      [{ name: 'bob', groups: [] }],
    )
  })

  test(`objects that guard do not answer by their URLs (${where})`, SOON, async (t) => {
    const rules = { scheme: 'basic', store: { object: 'users@paul' }, authorizer: 'gate@paul' } as const
    const { url } = await guarded(t, where, rules)
    for (const path of ['/gate@paul', '/users@paul', '/gate@paul/x']) assert.equal((await ask(url, path)).status, 404)
    assert.equal((await ask(url, '/page@paul')).status, 200)
  })

  test(`users on one connection never mix (${where})`, SOON, async (t) => {
    const { url } = await guarded(t, where, {
      scheme: 'basic',
      store: { object: 'users@paul' },
      authorizer: 'gate@paul',
    })
    const names = Array.from({ length: 200 }, (_, i) => `user${i % 20}`)
    const answers = await Promise.all(names.map((name) => ask(url, '/page/', { headers: as(name) })))
    assert.deepEqual(
      answers.map(({ body }) => JSON.parse(String(body)).user.name),
      names,
    )
  })
}

test('failed logins are counted, and verified ones are known for a while', SOON, async (t) => {
  let asked = 0
  const counting = {
    authenticateUser(name: string, password: string) {
      asked++
      return users.authenticateUser(name, password)
    },
  }
  const { handle } = await publishing(t, { counting })
  const { url } = await servingObjects(t, {
    objects: { paul: handle },
    limits: { logins: 2 },
    routes: [{ match: '/*', resource: inside, access: { scheme: 'basic', store: { object: 'counting@paul' } } }],
  })
  for (let i = 0; i < 3; i++) assert.equal((await ask(url, '/', { headers: as('kim') })).status, 200)
  assert.equal(asked, 1)
  const statuses: number[] = []
  for (let i = 0; i < 4; i++) statuses.push((await ask(url, '/', { headers: as('lee', 'wrong') })).status)
  assert.deepEqual([statuses, asked], [[401, 401, 429, 429], 3])
})

/** A site whose page an application guards that answers in the plain form as the test says. */
async function plain(t: TestContext, script: Script, timeouts: { firstByte?: number; idle?: number } = {}) {
  const application = await new FakeApplication(script).listen()
  t.after(() => application.close())
  const { url, server } = await servingObjects(t, {
    objects: { perl: { handle: `fastcgi:${application.address}`, timeouts } },
    routes: [{ match: '/*', resource: inside, access: { authorizer: 'gate@perl' } }],
  })
  return { url, application, server }
}

test('an Authorizer of any language is told by variables', SOON, async (t) => {
  const { url, application } = await plain(t, (asked: Asked) => {
    asked.stdout('Status: 200\r\nVariable-REMOTE_USER: joe\r\n\r\n')
    asked.end()
  })
  const answer = await ask(url, '/a?b', {
    method: 'POST',
    body: 'content',
    headers: { 'X-Key': 'k', 'X-Remote-User': 'root' },
  })
  assert.deepEqual(JSON.parse(String(answer.body)).user, { name: 'joe', groups: [] })
  const [asked] = application.asked
  const { ORIEL_OBJECT, REQUEST_METHOD, REQUEST_URI, HTTP_X_KEY, HTTP_X_REMOTE_USER, CONTENT_LENGTH, PATH_INFO } =
    asked?.variables ?? {}
  assert.deepEqual(
    [asked?.role, ORIEL_OBJECT, REQUEST_METHOD, REQUEST_URI, HTTP_X_KEY, HTTP_X_REMOTE_USER, CONTENT_LENGTH, PATH_INFO],
    [2, 'gate', 'POST', '/a?b', 'k', undefined, undefined, undefined],
  )
})

const says =
  (text: string, then: (asked: Asked) => void = (asked) => asked.end()): Script =>
  (asked) => {
    asked.stdout(text)
    then(asked)
  }
const dies = (asked: Asked): void => void setImmediate(() => asked.connection.end())

const BAD: readonly (readonly [string, Script, number])[] = [
  ['says half a head', says('Status: 200\r\nVariable-REMOTE_USER: joe'), 502],
  ['says nothing', (asked) => asked.end(), 502],
  ['dies in its head', says('Status: 200\r\n', dies), 502],
  ['says 200, and dies', says('Status: 200\r\n\r\n', dies), 502],
  ['says 200 and all of its content, and dies', says('Status: 200\r\nContent-Length: 2\r\n\r\nok', dies), 502],
  ['says 200, and fails', says('Status: 200\r\n\r\n', (asked) => asked.end(1)), 502],
  ['says twice who it is', says('Variable-REMOTE_USER: joe\r\nVariable-REMOTE_USER: root\r\n\r\n'), 502],
  ['says a name that no field has', says('Status: 200\r\nVariable-A B: c\r\n\r\n'), 502],
  ['says a name with a line end', says('Status: 200\r\nVariable-REMOTE_USER: joe\rroot\r\n\r\n'), 502],
  ['is overloaded', (asked) => asked.end(0, 2), 503],
  ['does not know the role', (asked) => asked.end(0, 3), 502],
  ['never answers', () => undefined, 504],
  ['never ends', says('Status: 200\r\n\r\n', () => undefined), 504],
  ['says no', says('Status: 403\r\n\r\nno'), 403],
  ['answers itself', says('Status: 204\r\n\r\n'), 204],
  ['is no FastCGI', (asked) => asked.raw('HTTP/1.1 200 OK\r\n\r\n'), 502],
]

for (const [what, script, status] of BAD) {
  test(`an Authorizer that ${what} lets nobody in`, SOON, async (t) => {
    const { url } = await plain(t, script, status === 504 ? { firstByte: 200, idle: 200 } : {})
    const answers = await Promise.all(['GET', 'HEAD', 'PUT'].map((method) => ask(url, '/', { method })))
    for (const answer of answers) {
      assert.equal(answer.status, status)
      assert.doesNotMatch(String(answer.body), /variables/)
    }
  })
}

for (const where of ['module', 'wire'] as const) {
  test(`what an object throws or says that is no permission lets nobody in (${where})`, SOON, async (t) => {
    const acts: Record<string, () => unknown> = {
      throws: () => {
        throw new TypeError('secret words')
      },
      rejects: () => Promise.reject(new Error('secret words')),
      lines: () => ({ A: 'b\r\nVariable-REMOTE_USER: root' }),
      nul: () => ({ A: 'b\0c' }),
      name: () => ({ 'A: b\r\nC': 'd' }),
      user: () => ({ REMOTE_USER: 'joe\nroot' }),
    }
    const gate = { authorizeUser: (_: unknown, request: Request) => acts[request.path.slice(1)]?.() }
    ;(globalThis as Record<string, unknown>)['objectsOfTheTest'] = { gate }
    const base = makeFolder({
      'paul.ts': "import { publish } from 'oriel'\nawait publish('paul', globalThis.objectsOfTheTest)",
    })
    const handle = where === 'wire' ? (await publishing(t, { gate })).handle : 'module:./paul.ts'
    const { url } = await servingObjects(t, {
      base,
      objects: { paul: handle },
      routes: [{ match: '/*', resource: inside, access: { authorizer: 'gate@paul' } }],
    })
    assert.equal((await ask(url, '/')).status, 200)
    for (const act of Object.keys(acts)) {
      const answer = await ask(url, `/${act}`)
      assert.equal(answer.status, 500, act)
      assert.doesNotMatch(String(answer.body), /secret words|variables/)
    }
  })
}

test('while nobody answers nobody comes in, and then everybody again', SOON, async (t) => {
  const listen = `unix:${join(makeFolder(), 'paul.sock')}`
  const gate = new Gate()
  const { url } = await servingObjects(t, {
    objects: { paul: `fastcgi:${listen}` },
    routes: [{ match: '/*', resource: inside, access: { authorizer: 'gate@paul' } }],
  })
  assert.equal((await ask(url, '/')).status, 503)
  for (let i = 0; i < 2; i++) {
    const publication = await publishing(t, { gate }, { listen })
    assert.equal((await ask(url, '/')).status, 200)
    await publication.close()
    assert.equal((await ask(url, '/')).status, 503)
  }
})

test('a slow object is waited for by 1,000 requests, and each has its own answer', SOON, async (t) => {
  const waiting: (() => void)[] = []
  const gate: Authorizer = {
    async authorizeUser(_, request) {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return { REMOTE_USER: request.query.get('as') ?? '' }
    },
  }
  const { handle } = await publishing(t, { gate })
  const { url } = await servingObjects(t, {
    objects: { paul: handle },
    routes: [{ match: '/*', resource: inside, access: { authorizer: 'gate@paul' } }],
  })
  const names = Array.from({ length: 1000 }, (_, i) => `u${i}`)
  const answers = Promise.all(names.map((name) => ask(url, `/?as=${name}`)))
  while (waiting.length < names.length) await new Promise((resolve) => setImmediate(resolve))
  for (const go of waiting.reverse()) go()
  assert.deepEqual(
    (await answers).map(({ body }) => JSON.parse(String(body)).user.name),
    names,
  )
})

test('at a reload who was asked by the old site is answered by it', SOON, async (t) => {
  let go = (): void => undefined
  let asked = (): void => undefined
  const begun = new Promise<void>((resolve) => {
    asked = resolve
  })
  const slow: Authorizer = {
    async authorizeUser() {
      asked()
      await new Promise<void>((resolve) => {
        go = resolve
      })
      return { FROM: 'slow' }
    },
  }
  const { handle } = await publishing(t, { slow, gate: new Gate() })
  const options = (authorizer: string) => ({
    objects: { paul: handle },
    port: 0,
    routes: [{ match: '/*', resource: inside, access: { authorizer } }],
  })
  const { url, server } = await servingObjects(t, options('slow@paul'))
  const first = ask(url, '/')
  await begun
  await server.reload(options('gate@paul'))
  go()
  assert.equal(JSON.parse(String((await first).body)).variables.FROM, 'slow')
  assert.equal((await ask(server.url, '/')).status, 200)
})

test('a text names an object where there is such a server, else a module, else nothing', SOON, async (t) => {
  const base = makeFolder({
    'gate@paul': 'export const authorizeUser = () => ({ FROM: "the file" })',
    'gate@anna': '',
  })
  const gate = { authorizeUser: () => ({ FROM: 'the object' }) }
  const { handle } = await publishing(t, { gate })
  const options = (authorizer: string, name: string) => ({
    base,
    objects: { [name]: handle },
    routes: [{ match: '/*', resource: inside, access: { authorizer } }],
  })
  const { url } = await servingObjects(t, options('gate@paul', 'paul'))
  assert.equal(JSON.parse(String((await ask(url, '/')).body)).variables.FROM, 'the object')
  await assert.rejects(
    servingObjects(t, options('gate@nobody', 'paul')),
    /access\.authorizer.*neither an object server nobody nor a file .*gate@nobody/s,
  )
  await assert.rejects(servingObjects(t, options('./gate@nobody', 'paul')), /there is no file/)
})

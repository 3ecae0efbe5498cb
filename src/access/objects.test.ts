import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthorizationRecord } from '../message/connection.ts'
import { AuthenticationFailed, Forbidden, HttpError } from '../message/errors.ts'
import { Response } from '../message/response.ts'
import type { ObjectServer } from '../object/server.ts'
import { Site } from '../site/site.ts'
import { authorizing, guard } from './guard.ts'
import { objectAuthorizer, objectStore } from './objects.ts'

const nowhere = (): never => assert.fail('was not to be asked')
const SERVER: ObjectServer = {
  handle: 'fastcgi:unix:/run/paul.sock',
  call: nowhere,
  authorize: nowhere,
  authenticate: nowhere,
  log: nowhere,
  info: nowhere,
}

const noObject = () => new HttpError(404, { code: 'no-object' })

/** A site whose one route an object guards, and who came in. */
function guarded(authorize: ObjectServer['authorize']) {
  const seen: (AuthorizationRecord | undefined)[] = []
  const authorizer = objectAuthorizer({ address: 'gate@paul', object: 'gate', server: { ...SERVER, authorize } })
  const site = new Site({
    routes: [
      {
        match: '/*',
        middleware: [authorizing(authorizer)],
        resource: (_: unknown, { user }: { user: AuthorizationRecord | undefined }) => {
          seen.push(user)
          return new Response('in')
        },
      },
    ],
    report: () => undefined,
  })
  return { site, seen }
}

test('an object lets in, and says who it is', async () => {
  const { site, seen } = guarded(async () => ({ REMOTE_USER: 'ann', REMOTE_GROUPS: 'staff, ' }))
  assert.equal((await site.request('/')).status, 200)
  assert.deepEqual(seen, [{ name: 'ann', groups: ['staff'] }])
})

const FAILURES: readonly (readonly [string, () => unknown, number])[] = [
  ['refuses', () => new Forbidden(), 403],
  ['hides what is there', () => new HttpError(404), 404],
  ['is not there', noObject, 503],
  ['is down', () => new HttpError(503), 503],
  ['is late', () => new HttpError(504), 504],
  ['answers garbage', () => new HttpError(502), 502],
  ['throws', () => new TypeError('its own'), 500],
]

for (const [what, error, status] of FAILURES) {
  test(`an object that ${what} lets nobody in`, async () => {
    for (const authorize of [
      () => {
        throw error()
      },
      async () => {
        throw error()
      },
    ]) {
      const { site, seen } = guarded(authorize)
      assert.equal((await site.request('/')).status, status)
      assert.deepEqual(seen, [])
    }
  })
}

for (const [what, said] of [
  ['false', false],
  ['a Response', new Response('yes')],
  ['a number among the variables', { A: 1 }],
  ['a variable with a line end', { A: 'b\r\nREMOTE_USER: root' }],
  ['a name with a line end', { REMOTE_USER: 'ann\nroot' }],
  ['a variable whose name is none', { 'A B': 'c' }],
] as const) {
  test(`${what} is no permission`, async () => {
    const { site, seen } = guarded(() => said as never)
    assert.equal((await site.request('/')).status, 500)
    assert.deepEqual(seen, [])
  })
}

/** A site that asks an object for passwords. */
function loggingIn(authenticate: ObjectServer['authenticate'], logins = 0) {
  const store = objectStore({ address: 'users@paul', object: 'users', server: { ...SERVER, authenticate } })
  const site = new Site({
    routes: [
      {
        match: '/*',
        middleware: [guard({ scheme: 'basic', store }, { base: '/', logins })],
        resource: (_: unknown, { user }: { user: AuthorizationRecord | undefined }) => Response.json(user ?? null),
      },
    ],
    report: () => undefined,
  })
  return (credentials: string) =>
    site.request('/', { headers: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } })
}

test('an object knows passwords, and is asked once a minute for each', async () => {
  const asked: string[] = []
  const get = loggingIn(async (object, name, password) => {
    assert.equal(object, 'users')
    asked.push(`${name} ${password}`)
    if (password !== 'secret') throw new AuthenticationFailed()
    return { name, groups: ['staff'] }
  })
  for (let i = 0; i < 3; i++) {
    const response = await get('ann:secret')
    assert.deepEqual([response.status, await response.json()], [200, { name: 'ann', groups: ['staff'] }])
  }
  for (let i = 0; i < 2; i++) assert.equal((await get('ann:wrong')).status, 401)
  assert.deepEqual(asked, ['ann secret', 'ann wrong', 'ann wrong'])
})

test('failed logins are counted as of any store', async () => {
  const get = loggingIn(async () => {
    throw new AuthenticationFailed()
  }, 3)
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) statuses.push((await get('limited-ann:wrong')).status)
  assert.deepEqual(statuses, [401, 401, 401, 429, 429])
})

for (const [what, error, status] of [
  ['is not there', noObject(), 503],
  ['knows nothing of objects', new HttpError(501), 503],
  ['is asked what it does not understand', new HttpError(400), 503],
  ['is down', new HttpError(503), 503],
  ['is late', new HttpError(504), 504],
  ['answers garbage', new HttpError(502), 502],
  ['throws', new HttpError(500), 503],
] as const) {
  test(`a store that ${what} lets nobody in`, async () => {
    const get = loggingIn(async () => {
      throw error
    })
    assert.equal((await get('ann:secret')).status, status)
  })
}

test('a store that names nobody lets nobody in', async () => {
  for (const told of [
    { name: '', groups: [] },
    { name: 'a\nb', groups: [] },
    { name: 'ann', groups: 'staff' },
    {},
    'ann',
  ]) {
    const get = loggingIn(async () => told as never)
    assert.equal((await get('ann:secret')).status, 500)
  }
})

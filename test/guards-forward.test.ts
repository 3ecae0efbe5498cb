import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { forwardAuthorizer, forwardScheme } from '../src/access/schemes/forward.ts'
import type { ForwardAuthOptions } from '../src/access/schemes/forward-options.ts'
import type { AuthorizationRecord } from '../src/message/connection.ts'
import { Response } from '../src/message/response.ts'
import { type EngineUnderTest, startEngine } from './support/engine.ts'
import { makeFolder } from './support/folder.ts'
import { type Asked, answerOf, ScriptedUpstream } from './support/scripted-upstream.ts'

const SOON = { timeout: 20_000 }

interface Guarded {
  readonly server: EngineUnderTest
  readonly endpoint: ScriptedUpstream
  readonly seen: (AuthorizationRecord | undefined)[]
}

/** A site whose `/in/*` is for whom an endpoint lets in, and `/may/*` for whom it does as an authorizer. */
async function guarded(
  t: TestContext,
  script: string | ((asked: Asked) => void),
  options: Partial<ForwardAuthOptions> = {},
): Promise<Guarded> {
  const say = (asked: Asked): void => void asked.socket.write(String(script), 'latin1')
  const endpoint = new ScriptedUpstream(typeof script === 'string' ? say : script)
  const address = `${await endpoint.listen()}/auth?a=b`
  t.after(() => endpoint.close())
  const seen: (AuthorizationRecord | undefined)[] = []
  const resource = (_: unknown, { user }: { user: AuthorizationRecord | undefined }) => {
    seen.push(user)
    return new Response(`in as ${user?.name} of ${user?.groups}`)
  }
  const given = { address, ...options }
  const server = await startEngine(t, {
    routes: [
      { match: '/in/*', access: { scheme: forwardScheme(given) }, resource },
      { match: '/may/*', access: { authorizer: forwardAuthorizer(given) }, resource },
      { match: '/*', respond: 'elsewhere' },
    ],
  })
  return { server, endpoint, seen }
}

async function ask({ server }: Guarded, path: string, fields: string = '', method: string = 'GET') {
  const client = await server.connect()
  client.send(`${method} ${path} HTTP/1.1\r\nHost: site.example\r\n${fields}\r\n`)
  const answer = await client.answer(method)
  client.socket.destroy()
  return answer
}

test('whom the endpoint names comes in', SOON, async (t) => {
  for (const [fields, body] of [
    ['Remote-User: joe\r\nRemote-Groups: a,b\r\n', 'in as joe of a,b'],
    ['X-Auth-Request-User: ann\r\nX-Auth-Request-Groups: c\r\n', 'in as ann of c'],
    ['Remote-User: joe\r\nX-Auth-Request-User: 4711\r\n', 'in as joe of '],
    ['remote-user: J\xc3\xb6rg\r\n', 'in as J\xc3\xb6rg of '],
  ] as const) {
    const site = await guarded(t, answerOf('not shown', `${fields}X-Other: y\r\n`, '202 Accepted'))
    for (const path of ['/in/x', '/may/x']) {
      const answer = await ask(site, path)
      assert.deepEqual([answer.status, answer.body], [200, body])
    }
  }
})

test('what the endpoint says ahead of its answer is not for the client', SOON, async (t) => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nRemote-User: joe\r\nSet-Cookie: a=b\r\n\r\n'
  for (const [script, status] of [
    [hints + answerOf('', 'Remote-User: joe\r\n'), 200],
    [hints + answerOf('no', '', '403 Forbidden'), 403],
  ] as const) {
    const answer = await ask(await guarded(t, script), '/in/x')
    assert.equal(answer.status, status)
  }
})

test('the fields may have other names', SOON, async (t) => {
  const fields = 'Remote-User: root\r\nX-Who: joe\r\nX-Of: a\r\n'
  const site = await guarded(t, answerOf('', fields), { user: 'X-Who', groups: 'X-Of' })
  assert.equal((await ask(site, '/in/')).body, 'in as joe of a')
})

test('it is told of the request, and what the client says of these things is not', SOON, async (t) => {
  const site = await guarded(t, answerOf('', 'Remote-User: joe\r\n'), { fields: ['X-Api-Key'] })
  const fields = [
    ...[
      'Cookie: a=b',
      'Authorization: Bearer x',
      'X-Api-Key: k',
      'X-Forwarded-Uri: /open',
      'X-Original-URL: http://o/',
    ],
    ...['X-Forwarded-Method: GET', 'X-Forwarded-For: 1.2.3.4', 'Forwarded: for=1.2.3.4', 'Remote-User: root'],
    ...[
      'X-Forwarded-Host: other',
      'If-None-Match: "x"',
      'Range: bytes=0-0',
      'Content-Length: 3',
      'Expect: 100-continue',
    ],
  ]
  const client = await site.server.connect()
  client.send(`POST /open/%2e%2e/in//a%62?c=d HTTP/1.1\r\nHost: site.example\r\n${fields.join('\r\n')}\r\n\r\nabc`)
  await client.answer()
  const [asked] = site.endpoint.asked
  const address = new URL(String(site.server.engine.urls[0])).hostname
  const [line, ...told] = String(asked?.head).trimEnd().split('\r\n')
  assert.equal(line, 'GET /auth?a=b HTTP/1.1')
  const own = told.filter((field) => !/^(?:host|connection):/i.test(field))
  assert.deepEqual(own, [
    ...[
      'X-Forwarded-Method: POST',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Uri: /in/ab?c=d',
      `X-Forwarded-For: ${address}`,
    ],
    ...['X-Original-Method: POST', 'X-Forwarded-Host: site.example'],
    ...['X-Original-URL: http://site.example/in/ab?c=d', 'Cookie: a=b', 'Authorization: Bearer x', 'X-Api-Key: k'],
  ])
  assert.equal(asked?.content, '')
})

const REFUSALS: readonly (readonly [string, number, string])[] = [
  [
    answerOf('who are you', 'WWW-Authenticate: Basic realm="x"\r\nSet-Cookie: a=b\r\n', '401 Unauthorized'),
    401,
    'who are you',
  ],
  [answerOf('not you', '', '403 Forbidden'), 403, 'not you'],
  [answerOf('', 'Location: https://login.example/?rd=x\r\nSet-Cookie: a=b\r\n', '302 Found'), 302, ''],
  [answerOf('', 'Location: /elsewhere\r\n', '307 Temporary Redirect'), 307, ''],
]

for (const [answer, status, body] of REFUSALS) {
  test(`${JSON.stringify(answer.slice(9, 60))} goes to the client, and nobody comes in`, SOON, async (t) => {
    const site = await guarded(t, answer)
    for (const path of ['/in/x', '/may/x']) {
      const got = await ask(site, path)
      assert.deepEqual([got.status, got.body], [status, body])
      for (const field of ['WWW-Authenticate', 'Set-Cookie', 'Location']) {
        const sent = new RegExp(`^${field}: (.*)\r$`, 'm').exec(answer)?.[1]
        const came = got.fields.find(([name]) => name.toLowerCase() === field.toLowerCase())?.[1]
        assert.equal(came, sent, field)
      }
    }
    const head = await ask(site, '/in/x', '', 'HEAD')
    assert.deepEqual([head.status, head.body, site.seen], [status, '', []])
  })
}

const NO_ANSWERS: readonly (readonly [string, string])[] = [
  ['an error', answerOf('', '', '500 Oops')],
  ['not found', answerOf('', 'Remote-User: joe\r\n', '404 Not Found')],
  ['not modified', 'HTTP/1.1 304 Not Modified\r\nRemote-User: joe\r\n\r\n'],
  [
    'a switch of protocols',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\nRemote-User: joe\r\n\r\n',
  ],
  ['no HTTP', 'hello\r\n\r\n'],
  ['two users', answerOf('', 'Remote-User: joe\r\nRemote-User: root\r\n')],
  ['a user with control characters', answerOf('', 'Remote-User: jo\x85e\r\n')],
  ['a head that breaks off', 'HTTP/1.1 200 OK\r\nRemote-User: joe\r\n'],
]

for (const [what, answer] of NO_ANSWERS) {
  test(`${what} is no answer, and lets nobody in`, SOON, async (t) => {
    const site = await guarded(t, ({ socket }) => void socket.end(answer, 'latin1'))
    for (const path of ['/in/x', '/may/x']) assert.equal((await ask(site, path)).status, 502)
    assert.deepEqual(site.seen, [])
  })
}

test('a yes without a name is none for a scheme, and enough for an authorizer', SOON, async (t) => {
  const site = await guarded(t, answerOf(''))
  assert.equal((await ask(site, '/in/x')).status, 502)
  const answer = await ask(site, '/may/x')
  assert.deepEqual([answer.status, answer.body], [200, 'in as undefined of undefined'])
})

test('an endpoint that says nothing is not waited for for ever', SOON, async (t) => {
  const site = await guarded(t, () => undefined, { timeouts: { firstByte: 100 } })
  assert.equal((await ask(site, '/in/x')).status, 504)
  assert.deepEqual(site.seen, [])
})

test('without an endpoint nobody comes in', SOON, async (t) => {
  const address = `unix:${join(makeFolder(), 'gone.sock')}`
  const server = await startEngine(t, {
    routes: [{ match: '/*', access: { scheme: forwardScheme({ address, path: '/' }) }, respond: 'in' }],
  })
  const client = await server.connect()
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.ok([502, 503].includes((await client.answer()).status))
})

test('requests on one connection have each its own user', SOON, async (t) => {
  const site = await guarded(t, ({ head, socket }) => {
    const user = /^Cookie: user=(\w+)/m.exec(head)?.[1]
    socket.write(user === undefined ? answerOf('', '', '401 No') : answerOf('', `Remote-User: ${user}\r\n`))
  })
  const client = await site.server.connect()
  const users = ['joe', 'ann', undefined, 'joe', undefined]
  for (const user of users) {
    client.send(`GET /in/ HTTP/1.1\r\nHost: a\r\n${user === undefined ? '' : `Cookie: user=${user}\r\n`}\r\n`)
  }
  for (const user of users) {
    const { status, body } = await client.answer()
    assert.deepEqual([status, body], user === undefined ? [401, ''] : [200, `in as ${user} of `])
  }
})

test('a client that goes takes its question along', SOON, async (t) => {
  const gone = deferred()
  const came = deferred()
  const site = await guarded(t, ({ socket }) => {
    socket.on('close', () => gone.resolve())
    came.resolve()
  })
  const client = await site.server.connect()
  client.send('GET /in/ HTTP/1.1\r\nHost: a\r\n\r\n')
  await came.promise
  client.socket.resetAndDestroy()
  await gone.promise
  assert.deepEqual(site.seen, [])
})

function deferred() {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

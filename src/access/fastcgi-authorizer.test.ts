import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Scripted } from '../../test/support/scripted-fastcgi.ts'
import { badAnswer } from '../gateway/call.ts'
import type { AuthorizationRecord } from '../message/connection.ts'
import { Response } from '../message/response.ts'
import { Site } from '../site/site.ts'
import type { FastCgiAuthorizerGiven } from './access.ts'
import { fastCgiAuthorizer } from './fastcgi-authorizer.ts'
import { authorizing } from './guard.ts'

type Given = FastCgiAuthorizerGiven

/** A site of one route that a scripted Authorizer stands before, and what its resource saw. */
function guarded(answer: string, given: Given = 'unix:/run/auth.sock') {
  const scripted = new Scripted(answer)
  const seen: { user: AuthorizationRecord | undefined; variables: object; body: string }[] = []
  const guard = authorizing(fastCgiAuthorizer(given, '/srv', scripted.backends))
  const reports: unknown[] = []
  const site = new Site({
    routes: [
      {
        match: '/app/*',
        middleware: [guard],
        resource: async (request: Request, { user, variables }: { user: AuthorizationRecord; variables: object }) => {
          seen.push({ user, variables: { ...variables }, body: await request.text() })
          return new Response('in')
        },
      },
      { match: '/login', respond: 'log in here' },
    ],
    report: (_, event) => reports.push(event),
  })
  return { site, scripted, seen, reports }
}

test('a 200 lets the request in, and its Variable- fields reach the resource (FastCGI specification §6.3)', async () => {
  const { site, seen } = guarded(
    'Status: 200 OK\nVariable-REMOTE_USER: joe\nvariable-Group: st\u00c3\u00a4ff\nVariable-: x\nX-Other: y\nSet-Cookie: z\n\nignored',
  )
  const response = await site.request('/app/x')
  assert.deepEqual([response.status, await response.text(), response.headers.get('set-cookie')], [200, 'in', null])
  assert.deepEqual(seen, [
    { user: { name: 'joe', groups: [] }, variables: { REMOTE_USER: 'joe', Group: 'stäff' }, body: '' },
  ])
})

test('without REMOTE_USER nobody is logged in', async () => {
  for (const answer of [
    'Status: 200\nVariable-A: b\n\n',
    'Content-Type: text/plain\n\n',
    'Status: 200\nVariable-REMOTE_USER:\n\n',
  ]) {
    const { site, seen } = guarded(answer)
    assert.equal((await site.request('/app/x')).status, 200)
    assert.equal(seen[0]?.user, undefined)
  }
})

test('the Authorizer is told of the request, but neither of its content nor of its path as a program', async () => {
  const { site, scripted, seen } = guarded('Status: 200\n\n', {
    address: ['unix:auth.sock', '127.0.0.1:9000'],
    script: '/srv/auth.php',
    env: { REALM: 'x' },
    queue: 5,
  })
  const headers = { Authorization: 'Basic eDp5', 'Content-Type': 'text/plain' }
  await site.request('/app/a/b?c', { method: 'POST', body: 'content', headers })
  const told = scripted.variables
  for (const name of ['CONTENT_LENGTH', 'PATH_INFO', 'PATH_TRANSLATED', 'SCRIPT_NAME', 'CONTENT_TYPE']) {
    assert.equal(told[name], undefined, name)
  }
  const { REQUEST_METHOD, REQUEST_URI, QUERY_STRING, HTTP_AUTHORIZATION, FCGI_APACHE_ROLE, SCRIPT_FILENAME, REALM } =
    told
  assert.deepEqual(
    { REQUEST_METHOD, REQUEST_URI, QUERY_STRING, HTTP_AUTHORIZATION, FCGI_APACHE_ROLE, SCRIPT_FILENAME, REALM },
    {
      REQUEST_METHOD: 'POST',
      REQUEST_URI: '/app/a/b?c',
      QUERY_STRING: 'c',
      HTTP_AUTHORIZATION: 'Basic eDp5',
      FCGI_APACHE_ROLE: 'AUTHORIZER',
      SCRIPT_FILENAME: '/srv/auth.php',
      REALM: 'x',
    },
  )
  assert.equal(scripted.calls[0]?.content, undefined)
  assert.equal(seen[0]?.body, 'content', 'the resource has it')
  const [asked] = scripted.asked
  assert.deepEqual(
    [asked?.role, asked?.address, asked?.queue],
    ['authorizer', ['unix:/srv/auth.sock', '127.0.0.1:9000'], 5],
  )
})

const REFUSALS = [
  ['Status: 401\nWWW-Authenticate: Basic realm="x"\n\nwho are you', 401, 'who are you'],
  ['Status: 403 No\nContent-Type: text/plain\n\nnot you', 403, 'not you'],
  ['Status: 204\n\n', 204, ''],
  ['Status: 201\nVariable-REMOTE_USER: joe\n\nmade', 201, 'made'],
  ['Status: 500\n\nbroken', 500, 'broken'],
  ['Status: 302\nLocation: http://login.example/\n\n', 302, ''],
  ['Location: http://login.example/\n\n', 302, ''],
  ['Location: /login\n\n', 200, 'log in here'],
] as const

for (const [answer, status, text] of REFUSALS) {
  test(`${JSON.stringify(answer)} goes to the client, and nobody comes in`, async () => {
    const { site, seen } = guarded(answer)
    const response = await site.request('/app/x')
    assert.deepEqual([response.status, await response.text(), seen], [status, text, []])
    if (status === 401) assert.equal(response.headers.get('www-authenticate'), 'Basic realm="x"')
  })
}

for (const answer of [
  '',
  'no head',
  'Status: 200\nVariable-REMOTE_USER: joe',
  'Status: 20\n\n',
  'Status: 101\n\n',
  'Status: 200\nno colon\n\n',
  'Status: 200\nVariable-REMOTE_USER: joe\nVariable-REMOTE_USER: root\n\n',
]) {
  test(`${JSON.stringify(answer)} is no answer, and lets nobody in`, async () => {
    const { site, seen, reports } = guarded(answer)
    assert.equal((await site.request('/app/x')).status, 502)
    assert.deepEqual([seen, reports], [[], ['The request failed.']])
  })
}

for (const [what, answer, end] of [
  ['without content', 'Status: 200\n\n', { error: badAnswer('it went away') }],
  ['with content', 'Status: 200\nContent-Length: 5\n\nabc', { error: badAnswer('it went away') }],
  ['by another status than 0', 'Status: 200\n\n', { said: { appStatus: 1 } }],
] as const) {
  test(`a permission that breaks off ${what} is none`, async () => {
    const { site, scripted, seen } = guarded(answer)
    scripted.end = end
    assert.equal((await site.request('/app/x')).status, 502)
    assert.deepEqual(seen, [])
  })
}

test('two requests on one connection have each its own user', async () => {
  const { site, scripted, seen } = guarded('')
  scripted.answer = ({ request }) => `Status: 200\nVariable-REMOTE_USER: ${request.query.get('as')}\n\n`
  await Promise.all(['ann', 'bob'].map((name) => site.request(`/app/x?as=${name}`)))
  assert.deepEqual(seen.map(({ user }) => user?.name).sort(), ['ann', 'bob'])
})

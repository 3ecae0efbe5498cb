import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { AccessRules } from '../src/access/access.ts'
import { serveFastCgi } from '../src/door/fastcgi/server.ts'
import {
  type Answer,
  type Connection,
  Declined,
  type Handler,
  HttpError,
  type Request,
  Reroute,
  Resource,
  Response,
  type Route,
  type Server,
  serve,
} from '../src/index.ts'
import { writeScripts } from './support/cgi-site.ts'
import { ask as askRaw } from './support/client.ts'
import { makeFolder } from './support/folder.ts'

const SOON = { timeout: 60_000, skip: process.platform === 'win32' }

const LOGIN = `Basic ${Buffer.from('ada:secret').toString('base64')}`
const basic: AccessRules = {
  scheme: 'basic',
  store: (name, password) => (password === 'secret' ? { name, groups: ['staff', 'makers'] } : undefined),
}

async function started(t: TestContext, routes: readonly Route[], access?: AccessRules): Promise<Server> {
  const server = await serve({ port: 0, host: '127.0.0.1', routes, ...(access !== undefined && { access }) })
  t.after(() => server.close())
  return server
}

/** A request, with its answer as text. */
async function ask(
  origin: string,
  { path, headers = {} }: { path: string; headers?: Readonly<Record<string, string>> },
) {
  const { status, body } = await askRaw(origin, path, { headers })
  return { status, body: body.toString() }
}

/** A program that says all that it was told, each in a line; and what it is told by a request with these fields. */
function scripts(files: Readonly<Record<string, string>>): string {
  const folder = makeFolder()
  writeScripts(folder, { 'env.sh': 'printf "Content-Type: text/plain\\n\\n"; env', ...files })
  return folder
}

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  'Remote-User': 'root',
  REMOTE_USER: 'root',
  'REMOTE-USER': 'root',
  Remote_User: 'root',
  'Remote-Groups': 'root',
  'X-Remote-User': 'root',
  X_Remote_User: 'root',
  'X-Remote-Groups': 'root',
  'X-Forwarded-User': 'root',
  'X-WEBAUTH-USER': 'root',
  'X-Team': 'root',
  X_TEAM: 'root',
  'Auth-Type': 'root',
  'Client-Cert': 'root',
  'Proxy-Authorization': 'Basic root',
}

/** An HTTP server that answers with the fields that it got. */
async function echo(t: TestContext): Promise<string> {
  const server = createServer(({ rawHeaders }, response) => {
    response.end(rawHeaders.map((one, i) => (i % 2 === 0 ? `${one}: ` : `${one}\n`)).join(''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  t.after(() => server.closeAllConnections())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

test('programs are told whom the guard let in, and nothing that clients say of users', SOON, async (t) => {
  const root = scripts({})
  const server = await started(
    t,
    [
      { match: '/cgi/*', cgi: root },
      { match: '/with/*', cgi: { root, authorization: true } },
      { match: '/open/*', cgi: root, access: 'public' },
      { match: '/elsewhere', proxy: { address: 'http://127.0.0.1:9', groups: 'X-Team' } },
    ],
    basic,
  )
  for (const [path, user, authorization] of [
    ['/cgi/env.sh', 'ada', false],
    ['/with/env.sh', 'ada', true],
    ['/open/env.sh', undefined, false],
  ] as const) {
    const { status, body } = await ask(server.url, { path, headers: { ...LOOK_ALIKES, Authorization: LOGIN } })
    assert.equal(status, 200)
    assert.ok(!body.includes('root\n'), body)
    assert.equal(/^REMOTE_USER=(.*)$/m.exec(body)?.[1], user)
    assert.equal(/^AUTH_TYPE=(.*)$/m.exec(body)?.[1], user && 'Basic')
    assert.equal(body.includes(`HTTP_AUTHORIZATION=${LOGIN}`), authorization)
  }
})

test(
  'HTTP servers are told by the fields that the site names; clients cannot say them on any route',
  SOON,
  async (t) => {
    const address = await echo(t)
    const named = { address, user: 'X-Remote-User', groups: 'X-Team' }
    const server = await started(t, [
      { match: '/guarded/*', proxy: named, access: basic },
      { match: '/passed/*', proxy: { ...named, authorization: true }, access: basic },
      {
        match: '/other/*',
        proxy: address,
        access: { scheme: { identify: () => ({ name: 'eve', groups: [] }), challenge: () => 'X' } },
      },
      { match: '/*', proxy: address },
    ])
    for (const [path, user, team, authorization] of [
      ['/guarded/x', 'ada', 'staff, makers', undefined],
      ['/passed/x', 'ada', 'staff, makers', LOGIN],
      ['/other/x', undefined, undefined, LOGIN],
      ['/x', undefined, undefined, LOGIN],
    ] as const) {
      const { body } = await ask(server.url, { path, headers: { ...LOOK_ALIKES, Authorization: LOGIN } })
      assert.ok(!body.includes('root'), `${path}\n${body}`)
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(body)?.[1]
      assert.deepEqual(
        [field('X-Remote-User'), field('X-Team'), field('Authorization')],
        [user, team, authorization],
        path,
      )
    }
  },
)

test('a site without guards passes on what a server before it says', SOON, async (t) => {
  const server = await started(t, [{ match: '/*', proxy: await echo(t) }])
  const { body } = await ask(server.url, { path: '/x', headers: { 'X-WEBAUTH-USER': 'ada', 'Remote-User': 'ada' } })
  assert.match(body, /X-WEBAUTH-USER: ada/)
  assert.match(body, /Remote-User: ada/)
})

/** Says who came, and where. */
const who: Handler = ({ path }, { user, variables, means }: Connection) =>
  new Response(`${path} ${user?.name} ${variables?.['TEAM']} ${means?.type}`)

test('wherever a request is sent, it stands before the guard that is there, as nobody', SOON, async (t) => {
  const root = scripts({
    'to.sh': 'printf "Location: $QUERY_STRING\\n\\n"',
  })
  const application = await serveFastCgi(
    {
      responder: ({ query }: Request) => new Response(null, { headers: { 'X-Accel-Redirect': query.get('to') ?? '' } }),
    },
    { listen: `unix:${join(makeFolder(), 'app.sock')}` },
  )
  t.after(() => application.close())
  const accel = { address: application.address, accel: true }
  const team: AccessRules = { ...basic, authorizer: { authorizeUser: () => ({ TEAM: 'a' }) } }
  const server = await started(t, [
    { match: '/cgi/*', cgi: root },
    { match: '/cgi-in/*', cgi: root, access: team },
    { match: '/reroute', resource: ({ query }: Request) => new Reroute(query.get('to') ?? '') },
    { match: '/reroute-in', resource: ({ query }: Request) => new Reroute(query.get('to') ?? ''), access: team },
    { match: '/accel', fastcgi: accel },
    { match: '/accel-in', fastcgi: accel, access: team },
    { match: '/private', resource: who, access: basic },
    { match: '/inside', internal: true, resource: who, access: basic },
    { match: '/never', resource: who, access: { ...basic, allow: { users: ['joe'] } } },
    { match: '/open', resource: who },
  ])
  for (const way of [
    '/cgi/to.sh?',
    '/cgi-in/to.sh?',
    '/reroute?to=',
    '/reroute-in?to=',
    '/accel?to=',
    '/accel-in?to=',
  ]) {
    for (const [to, login, expected] of [
      ['/private', true, '200 /private ada undefined Basic'],
      ['/never', true, '403'],
      ['/open', true, '200 /open undefined undefined undefined'],
      ['/private', false, '401'],
      ['/never', false, '401'],
    ] as const) {
      const headers: Record<string, string> = login ? { Authorization: LOGIN } : {}
      const { status, body } = await ask(server.url, { path: `${way}${to}`, headers })
      assert.equal(status === 200 ? `200 ${body}` : String(status), expected, `${way}${to}`)
    }
  }
  for (const [headers, status] of [
    [{}, 401],
    [{ Authorization: LOGIN } as Readonly<Record<string, string>>, 200],
  ] as const) {
    assert.equal((await ask(server.url, { path: '/accel?to=/inside', headers })).status, status)
  }
  assert.equal((await ask(server.url, { path: '/inside', headers: { Authorization: LOGIN } })).status, 404)
})

test('the access of the site holds for internal routes too, unless they are public', SOON, async (t) => {
  const to = (path: string) => () => new Reroute(path, { internal: true })
  const routes: Route[] = [
    { match: '/a', access: 'public', resource: to('/inside') },
    { match: '/b', access: 'public', resource: to('/hall') },
    { match: '/inside', internal: true, respond: 'inside' },
    { match: '/hall', internal: true, access: 'public', respond: 'hall' },
  ]
  const server = await started(t, routes, basic)
  const statuses = await Promise.all(
    ['/a', '/b', '/inside'].map(async (path) => (await ask(server.url, { path })).status),
  )
  assert.deepEqual(statuses, [401, 200, 404])
})

test('TypeScript does not see the field that a guard goes by; loggers and guards further on do', SOON, async (t) => {
  const saw: (string | null)[] = []
  const seen = ({ headers }: Request): Response => {
    saw.push(headers.get('authorization'))
    return Response.json([headers.get('authorization'), ...new Map(headers.raw()).values()].includes(LOGIN))
  }
  const on =
    (to: Answer): Handler =>
    (request) => {
      seen(request)
      return to
    }
  const told: (string | undefined)[] = []
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    routes: [
      { match: '/in', resource: seen, access: basic },
      {
        match: '/fetch',
        access: basic,
        resource: {
          fetch: ({ headers }: globalThis.Request) => globalThis.Response.json(headers.get('authorization') !== null),
        },
      },
      { match: '/any', resource: seen, access: { any: [{ allow: { addresses: ['loopback'] } }, basic] } },
      { match: '/rewritten', resource: seen, access: basic, rewrite: '/elsewhere' },
      {
        match: '/wrapped',
        resource: seen,
        access: basic,
        middleware: [
          (next) => (request, connection) => {
            saw.push(request.headers.get('authorization'))
            return next(request, connection)
          },
        ],
      },
      { match: '/open', resource: seen },
      { match: '/on', resource: on(new Reroute('/in')), access: basic },
      {
        match: { path: '/declined', method: 'GET' },
        resource: on(Declined),
        access: basic,
      },
      { match: '/declined', resource: seen, access: basic },
      { match: '/out', resource: on(new Reroute('/open')), access: basic },
      {
        match: '/fails',
        resource: (request: Request) => {
          seen(request)
          throw new HttpError(418)
        },
        access: basic,
        errors: { 418: { path: '/in' } },
      },
      {
        match: '/page',
        proxy: 'http://127.0.0.1:9',
        access: basic,
        errors: {
          default: class extends Resource {
            override GET(request: Request, { failure }: Connection): Response {
              saw.push(failure?.request.headers.get('authorization') ?? null)
              return seen(request)
            }
          },
        },
      },
    ],
    log: [{ logRequest: (record) => void told.push(record.requestField('authorization')) }],
  })
  t.after(() => server.close())
  const headers = { Authorization: LOGIN }
  for (const [path, status, body] of [
    ['/in', 200, 'false'],
    ['/fetch', 200, 'false'],
    ['/any', 200, 'false'],
    ['/rewritten', 200, 'false'],
    ['/wrapped', 200, 'false'],
    ['/on', 200, 'false'],
    ['/declined', 200, 'false'],
    ['/fails', 418, 'false'],
    ['/page', 503, 'false'],
  ] as const) {
    const answer = await ask(server.url, { path, headers })
    assert.deepEqual([answer.status, answer.body], [status, body], path)
  }
  assert.deepEqual([...new Set(saw)], [null])
  for (const path of ['/open', '/out']) assert.equal((await ask(server.url, { path, headers })).body, 'true', path)
  assert.deepEqual([...new Set(told)], [LOGIN])
  assert.equal((await ask(server.url, { path: '/on' })).status, 401)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { Exchange } from '../message/exchange.ts'
import type { Answer, Handler, Scheme } from '../message/interface.ts'
import { Declined, Reroute } from '../message/outcome.ts'
import { Request, type RequestInit } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { Route } from './route.ts'
import { Site } from './site.ts'

type Report = readonly [event: string, fields: Readonly<Record<string, unknown>> | undefined]

function siteOf(routes: readonly Route[]): { site: Site; reports: Report[] } {
  const reports: Report[] = []
  return { site: new Site({ routes, report: (_, event, fields) => reports.push([event, fields]) }), reports }
}

async function ask(routes: readonly Route[], target: string, init: RequestInit = {}): Promise<string> {
  const answer = await siteOf(routes).site.request(target, { headers: { Accept: 'text/plain' }, ...init })
  return `${answer.status} ${(await answer.text()).trim()}`
}

/** What was reported as the cause of a 500, after seeing that the client is told nothing of it. */
async function fault(routes: readonly Route[], target: string, init: RequestInit = {}): Promise<string> {
  const { site, reports } = siteOf(routes)
  const answer = await site.request(target, init)
  assert.equal(answer.status, 500)
  const error = reports[0]?.[1]?.['error'] as Error
  assert.ok(!(await answer.text()).includes(error.message))
  return error.message
}

function says(text: string): Handler {
  return () => new Response(text)
}

const declines: Handler = () => Declined

for (const [what, wrap] of [
  [
    'at once',
    (answer: Answer): Handler =>
      () =>
        answer,
  ],
  [
    'later',
    (answer: Answer): Handler =>
      async () =>
        answer,
  ],
] as const) {
  test(`a resource that declines ${what} lets the next route go on`, async () => {
    const routes = [
      { match: '/a', resource: wrap(Declined) },
      { match: '/:x', resource: wrap(Declined) },
      { match: '/*', resource: says('last') },
    ]
    assert.equal(await ask(routes, '/a'), '200 last')
  })

  test(`a Reroute given ${what} starts again at its path`, async () => {
    const routes = [
      { match: '/a', resource: wrap(new Reroute('/b?x=1')) },
      { match: '/b', resource: (request: Request) => new Response(`b ${request.query.get('x')}`) },
    ]
    assert.equal(await ask(routes, '/a?y=2'), '200 b 1')
  })

  test(`the platform's Response given ${what} is an answer`, async () => {
    const resource = wrap(new globalThis.Response('fetch', { status: 201 }))
    assert.equal(await ask([{ match: '/*', resource }], '/'), '201 fetch')
  })

  for (const [name, nonsense] of [
    ['undefined', undefined],
    ['null', null],
    ['string', 'text'],
    ['number', 200],
    ['object', {}],
    ['object', { status: 200 }],
    ['function', () => new Response()],
  ] as const) {
    test(`a resource that returns ${JSON.stringify(nonsense) ?? name} ${what} is a 500`, async () => {
      const resource = wrap(nonsense as unknown as Answer)
      assert.equal(
        await fault([{ match: '/*', resource }], '/'),
        `a resource returned ${name} where a Response was expected`,
      )
    })
  }
}

test('the routes are tried in their order, each once, also where the first is not the most general', async () => {
  const seen: string[] = []
  const note = (name: string): Handler => {
    return () => {
      seen.push(name)
      return Declined
    }
  }
  const routes = [
    { match: '/*', resource: note('rest') },
    { match: '/:x-b', resource: note('end') },
    { match: '/a-:x', resource: note('start') },
    { match: { path: '/a-b', host: 'h' }, resource: note('host') },
    { match: '/a-b', resource: note('literal') },
  ]
  assert.equal(
    await ask(routes, 'http://h/a-b'),
    '404 404 Not Found\nThere is nothing at this address. The link may be old, or the address mistyped.',
  )
  assert.deepEqual(seen, ['host', 'literal', 'end', 'start', 'rest'])
})

test('where all decline it is 404', async () => {
  assert.match(await ask([{ match: '/a', resource: declines }], '/a'), /^404/)
})

test('a resource that has read the body cannot decline any more: 500', async () => {
  const routes = [
    {
      match: '/a',
      resource: async (request: Request) => {
        await request.text()
        return Declined
      },
    },
    { match: '/*', resource: says('last') },
  ]
  assert.equal(
    await fault(routes, '/a', { method: 'POST', body: 'x' }),
    'a resource declined after it had read the body',
  )
  assert.equal(await ask(routes, '/a'), '200 last', 'where there is no body, nothing was lost')
})

test('a resource behind a rewrite that has read the body cannot decline either', async () => {
  const resource = async (request: Request): Promise<Answer> => {
    await request.text()
    return Declined
  }
  await fault([{ match: '/a', rewrite: '/b', resource }], '/a', { method: 'POST', body: 'x' })
})

test('a body that nobody read is there for the next route', async () => {
  const routes = [
    { match: '/a', resource: declines },
    { match: '/*', resource: async (request: Request) => new Response(await request.text()) },
  ]
  assert.equal(await ask(routes, '/a', { method: 'POST', body: 'x' }), '200 x')
})

function hops(count: number): Route[] {
  return [
    {
      match: '/hop/:n',
      resource: (request: Request) => {
        const left = Number(request.params['n'])
        return left === 0 ? new Response('there') : new Reroute(`/hop/${left - 1}`)
      },
    },
    { match: '/', resource: () => new Reroute(`/hop/${count}`) },
  ]
}

test('a request is rerouted five times at most', async () => {
  assert.equal(await ask(hops(5), '/hop/5'), '200 there')
  assert.equal(await fault(hops(6), '/hop/6'), 'a request was rerouted more than 5 times, last to /hop/0')
  assert.equal(await ask(hops(4), '/'), '200 there')
  await fault(hops(5), '/')
  await fault([{ match: '/*', resource: () => new Reroute('/') }], '/')
})

test('a Reroute to a path that is none is a 500, one to nowhere a 404', async () => {
  assert.match(await fault([{ match: '/*', resource: () => new Reroute('/%00') }], '/'), /is no path/)
  assert.match(await ask([{ match: '/a', resource: () => new Reroute('/b') }], '/a'), /^404/)
})

test('a Reroute keeps method, body and target, and follows declines', async () => {
  const routes = [
    { match: '/a', resource: () => new Reroute('/b') },
    { match: '/b', resource: declines },
    {
      match: '/*',
      resource: async (request: Request) =>
        new Response(`${request.method} ${request.target} ${request.path} ${await request.text()}`),
    },
  ]
  assert.equal(await ask(routes, '/a?x', { method: 'PUT', body: 'body' }), '200 PUT /a?x /b body')
})

/** Lets in whom the field X-User names, and counts how often it was asked. */
class Named implements Scheme {
  asked = 0
  identify(request: Request): { name: string; groups: string[] } | undefined {
    this.asked++
    const name = request.headers.get('x-user')
    return name === null ? undefined : { name, groups: [] }
  }
  challenge(): string {
    return 'Named'
  }
}

const whoever: Handler = (_, connection) => new Response(`user ${connection.user?.name}`)

test('a Reroute goes through the guard of where it leads, and again through its own', async () => {
  const scheme = new Named()
  const routes: Route[] = [
    { match: '/open', resource: () => new Reroute('/closed') },
    { match: '/closed', access: { scheme }, resource: whoever },
    {
      match: '/twice/:n',
      access: { scheme },
      resource: (r: Request) => new Reroute(r.params['n'] === '1' ? '/twice/2' : '/closed'),
    },
  ]
  assert.match(await ask(routes, '/open'), /^401/)
  assert.equal(await ask(routes, '/open', { headers: { 'X-User': 'ada' } }), '200 user ada')
  scheme.asked = 0
  assert.equal(await ask(routes, '/twice/1', { headers: { 'X-User': 'ada' } }), '200 user ada')
  assert.equal(scheme.asked, 3)
})

test('a user is forgotten when a guarded route declines or reroutes to one without a guard', async () => {
  const access = { scheme: new Named() }
  const headers = { 'X-User': 'ada' }
  const routes: Route[] = [
    { match: '/a', access, resource: declines },
    { match: '/b', access, resource: () => new Reroute('/c') },
    { match: '/*', resource: whoever },
  ]
  assert.equal(await ask(routes, '/a', { headers }), '200 user undefined')
  assert.equal(await ask(routes, '/b', { headers }), '200 user undefined')
})

test('a predicate sees nothing of the user, the mount and the parameters of a route that declined', async () => {
  const seen: unknown[] = []
  const routes: Route[] = [
    { match: '/:name', access: { scheme: new Named() }, resource: declines },
    {
      match: {
        path: '/*',
        when: (request, connection) => {
          seen.push(connection.user, request.mount, { ...request.params })
          return true
        },
      },
      resource: says('last'),
    },
  ]
  assert.equal(await ask(routes, '/a', { headers: { 'X-User': 'ada' } }), '200 last')
  assert.deepEqual(seen, [undefined, '', {}])
})

test('mount and parameters are those of the route that answers', async () => {
  const tell = (request: Request): Response => Response.json([request.mount, request.params])
  const routes: Route[] = [
    { match: '/n/:id', resource: declines },
    { match: '/n/*', resource: tell },
    { match: '/m/:a/:b', resource: () => new Reroute('/x') },
    { match: '/x', resource: tell },
  ]
  assert.equal(await ask(routes, '/n/7'), '200 ["/n",{}]')
  assert.equal(await ask(routes, '/m/1/2'), '200 ["",{}]')
})

test('an exchange is told of the route that answered, and of none where all declined', async () => {
  const routes: Route[] = [
    { match: '/a', access: { scheme: new Named() }, resource: declines },
    { match: '/b/*', resource: says('b') },
    { match: '/b/c', resource: declines },
  ]
  const { site } = siteOf(routes)
  const told = async (url: string): Promise<unknown[]> => {
    const connection = new Connection({} as SocketFacts, new Exchange(), 'HTTP/1.1')
    await site.handle(new Request(url, { headers: { 'X-User': 'ada' } }), connection)
    return [connection.exchange.route, connection.exchange.resource, connection.user]
  }
  assert.deepEqual(await told('http://h/a'), [undefined, undefined, undefined])
  assert.deepEqual(await told('http://h/b/c'), ['/b/*', 'resource', undefined])
  assert.deepEqual(await told('http://h/none'), [undefined, undefined, undefined])
})

for (const [what, routes, method, target, expected, allow] of [
  ['no route for the path', [{ match: '/a', respond: 'a' }], 'GET', '/b', 404, null],
  [
    'a route for another method',
    [{ match: { path: '/a', method: 'GET' }, respond: 'a' }],
    'POST',
    '/a',
    405,
    'GET, HEAD, OPTIONS',
  ],
  ['a route for GET takes HEAD', [{ match: { path: '/a', method: 'GET' }, respond: 'a' }], 'HEAD', '/a', 200, null],
  [
    'several methods',
    [{ match: { path: '/a', method: ['PUT', 'POST'] }, respond: 'a' }],
    'GET',
    '/a',
    405,
    'PUT, POST, OPTIONS',
  ],
  [
    'the methods of all routes for the path',
    [
      { match: { path: '/a', method: 'POST' }, respond: 'a' },
      { match: { path: '/*', method: ['GET', 'POST'] }, respond: 'a' },
    ],
    'DELETE',
    '/a',
    405,
    'POST, GET, HEAD, OPTIONS',
  ],
  [
    'OPTIONS where some method is',
    [{ match: { path: '/a', method: 'GET' }, respond: 'a' }],
    'OPTIONS',
    '/a',
    204,
    'GET, HEAD, OPTIONS',
  ],
  ['OPTIONS where there is nothing', [{ match: '/a', respond: 'a' }], 'OPTIONS', '/b', 404, null],
  [
    'a method in small letters',
    [{ match: { path: '/a', method: 'GET' }, respond: 'a' }],
    'get',
    '/a',
    405,
    'GET, HEAD, OPTIONS',
  ],
  ['a predicate that says no', [{ match: { path: '/a', when: () => false }, respond: 'a' }], 'GET', '/a', 404, null],
  [
    'another method and a predicate that says no',
    [
      { match: { path: '/a', method: 'PUT' }, respond: 'a' },
      { match: { path: '/a', when: () => false }, respond: 'a' },
    ],
    'GET',
    '/a',
    405,
    'PUT, OPTIONS',
  ],
  ['OPTIONS *', [], 'OPTIONS', '*', 204, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
  ['CONNECT without a route', [{ match: '/a', respond: 'a' }], 'CONNECT', 'h:1', 501, null],
] as const) {
  test(`404 and 405 are told apart (RFC 9110 §15.5.5, §15.5.6): ${what}`, async () => {
    const answer = await siteOf(routes as readonly Route[]).site.request(target, { method })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [expected, allow])
  })
}

test('the method of a resource is found as that of its class is: HEAD, OPTIONS, 405', async () => {
  const routes = [{ match: '/*', resource: { GET: says('got'), PROPFIND: says('found') } }]
  const { site } = siteOf(routes)
  const head = await site.request('/', { method: 'HEAD' })
  assert.deepEqual([head.status, head.body, head.headers.get('content-length')], [200, null, '3'])
  assert.equal(await ask(routes, '/', { method: 'PROPFIND' }), '200 found')
  for (const method of ['constructor', '__proto__', 'toString', 'get', 'PUT', 'TRACE']) {
    const answer = await site.request('/', { method })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, PROPFIND, HEAD, OPTIONS'], method)
  }
})

test('a predicate that throws is a 500', async () => {
  const when = (): boolean => {
    throw new Error('secret')
  }
  assert.equal(await fault([{ match: { path: '/*', when }, respond: 'x' }], '/'), 'secret')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import type { Handler, Middleware } from '../message/interface.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { buildRoute, enterRoute, leaveRoute, type Route } from './route.ts'
import { PathTable } from './router.ts'
import type { BuiltRoute } from './routes.ts'

const PLACE = { base: '.', types: {}, withheld: () => false }

function build(route: Route): BuiltRoute {
  return buildRoute(route, 3, PLACE, { bodyLimit: 1000 })
}

function connected(): Connection {
  return new Connection({} as SocketFacts, new Exchange(), 'HTTP/1.1')
}

/** Enters a route as the dispatcher does. */
async function enter(route: Route, request: Request, connection = connected()): Promise<Response> {
  const built = build(route)
  const found = new PathTable([[built.match.path ?? '/*', built]]).first(request.path)
  assert.ok(found !== undefined)
  return (await enterRoute(found, request, connection)) as Response
}

const ok: Handler = () => new Response('ok')

test('a route is built with its place, its match, the kind of its resource, and the body limit of the site', () => {
  const route = build({ match: '/a', respond: 'x' })
  assert.deepEqual(
    [route.index, route.match, route.kind, route.methods, route.bodyLimit, route.guarded, route.rewrite],
    [3, { path: '/a' }, 'respond', undefined, 1000, false, undefined],
  )
  const full = build({
    match: { path: '/b', method: ['GET', 'PUT'] },
    redirect: '/c',
    rewrite: '/d',
    limits: { body: 5 },
    access: { scheme: { identify: () => undefined, challenge: () => 'X' } },
  })
  assert.deepEqual(
    [full.kind, full.methods, full.bodyLimit, full.guarded, full.rewrite],
    ['redirect', ['GET', 'PUT', 'HEAD'], 5, true, '/d'],
  )
})

for (const [what, route, expected] of [
  ['a mistyped access', { match: '/a', respond: 'x', acces: {} }, /a route has no key acces; possible are match/],
  ['an access that got lost', { match: '/a', respond: 'x', access: undefined }, /access is undefined: say what it is/],
  ['a mistyped path', { match: { paht: '/a' }, respond: 'x' }, /match has no key paht; possible are path/],
] as const) {
  test(`${what} opens no route: it is refused`, () => {
    assert.throws(() => build(route as unknown as Route), { name: 'TypeError', message: expected })
  })
}

for (const [method, methods] of [
  ['GET', ['GET', 'HEAD']],
  ['POST', ['POST']],
  [
    ['HEAD', 'GET'],
    ['HEAD', 'GET'],
  ],
  [[], []],
  ['M-SEARCH', ['M-SEARCH']],
] as const) {
  test(`a route for ${JSON.stringify(method)} takes ${JSON.stringify(methods)}`, () => {
    assert.deepEqual(build({ match: { method }, respond: 'x' }).methods, methods)
  })
}

for (const [route, fault] of [
  [
    { match: '/a' },
    /a route needs one of files, module, resource, cgi, fastcgi, scgi, proxy, app, wsgi, object, authorize, redirect, respond/,
  ],
  [{ match: '/a', respond: 'x', redirect: '/b' }, /one resource, not redirect and respond/],
  [{ match: '/a', resource: 5 }, /a resource is/],
  [{ match: '/a', redirect: { to: '/b', status: 200 } }, /200 is not the status of a redirect/],
  [{ match: { method: 'get' }, respond: 'x' }, /"get" is no method; methods are written in capitals/],
  [{ match: { method: ['GET', 'P T'] }, respond: 'x' }, /"P T" is no method/],
  [{ match: { method: '' }, respond: 'x' }, /"" is no method/],
  [{ match: '/a', respond: 'x', rewrite: 'b' }, /rewrite goes to a path, not to "b"/],
  [{ match: '/a', respond: { headers: { A: 'x\r\n' } } }, /the value of A/],
] as const) {
  test(`the route ${JSON.stringify(route)} cannot be built`, () => {
    assert.throws(() => build(route), fault)
  })
}

test('entering a route tells the exchange of it, and gives the request its mount and parameters', async () => {
  const connection = connected()
  const request = new Request('http://h/joe/files/x')
  let seen: unknown[] = []
  const resource: Handler = (given) => {
    seen = [given.mount, { ...given.params }, given.rest, given === request]
    return new Response()
  }
  await enter({ match: '/:user/files/*', resource }, request, connection)
  assert.deepEqual(seen, ['/joe/files', { user: 'joe' }, '/x', true])
  assert.deepEqual([connection.exchange.route, connection.exchange.resource], ['/:user/files/*', 'resource'])
})

test('leaving it takes all that back', async () => {
  const connection = connected()
  const request = new Request('http://h/joe/x')
  await enter({ match: '/:user/*', resource: ok }, request, connection)
  connection.identify({ name: 'ada', groups: [] })
  leaveRoute(request, connection)
  assert.deepEqual([request.mount, { ...request.params }], ['', {}])
  const { route, resource } = connection.exchange
  assert.deepEqual([route, resource, connection.user], [undefined, undefined, undefined])
})

test('the guard stands before the middleware of the route, that before its resource, the first outermost', async () => {
  const order: string[] = []
  const layer = (name: string): Middleware => {
    return (next) => (request, connection) => {
      order.push(`${name} ${connection.user?.name}`)
      return next(request, connection)
    }
  }
  const scheme = {
    identify: () => {
      order.push('guard')
      return { name: 'ada', groups: [] }
    },
    challenge: () => 'X',
  }
  const resource: Handler = (_, connection) => {
    order.push(`resource ${connection.user?.name}`)
    return new Response()
  }
  await enter(
    { match: '/*', resource, access: { scheme }, middleware: [layer('a'), layer('b')] },
    new Request('http://h/'),
  )
  assert.deepEqual(order, ['guard', 'a ada', 'b ada', 'resource ada'])
})

test('whom the guard does not let in reaches neither middleware nor resource', async () => {
  const never = (): never => assert.fail('reached')
  const access = { scheme: { identify: () => undefined, challenge: () => 'X' } }
  await assert.rejects(
    enter({ match: '/*', resource: never, access, middleware: [() => never] }, new Request('http://h/')),
    (error) => error instanceof HttpError && error.status === 401,
  )
})

test('the resource and the middleware of a rewritten route see the other path, its guard the one that was routed', async () => {
  const seen: string[] = []
  const see = (who: string, { path, search, url, target }: Request): void => {
    seen.push([who, path, search, url, target].join(' '))
  }
  const access = {
    scheme: {
      identify: (request: Request) => {
        see('guard', request)
        return { name: 'ada', groups: [] }
      },
      challenge: () => 'X',
    },
  }
  const layer: Middleware = (next) => (request, connection) => {
    see('middleware', request)
    return next(request, connection)
  }
  const resource: Handler = (request) => {
    see('resource', request)
    return new Response()
  }
  const route = { match: '/old/*', rewrite: '/new/*', resource, access, middleware: [layer] }
  await enter(route, new Request('http://h/old/x?y'))
  assert.deepEqual(seen, [
    'guard /old/x ?y http://h/old/x?y /old/x?y',
    'middleware /new/x ?y http://h/new/x?y /old/x?y',
    'resource /new/x ?y http://h/new/x?y /old/x?y',
  ])
})

test('a body that says it is larger than its route allows is 413 before anybody reads it', async () => {
  const post = (body: string): Request => new Request('http://h/', { method: 'POST', body })
  const route: Route = {
    match: '/*',
    limits: { body: 3 },
    resource: async (r: Request) => new Response(await r.text()),
  }
  assert.equal(await (await enter(route, post('abc'))).text(), 'abc')
  const request = post('abcd')
  await assert.rejects(enter(route, request), (error) => {
    assert.ok(error instanceof HttpError)
    assert.deepEqual([error.status, error.code, request.bodyUsed], [413, 'limits.body', false])
    return true
  })
})

test('a body that says nothing of its size is 413 when it is read too far', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(2)
  }
  const route: Route = {
    match: '/*',
    limits: { body: 3 },
    resource: async (r: Request) => new Response(await r.text()),
  }
  await assert.rejects(
    enter(route, new Request('http://h/', { method: 'POST', body: chunks() })),
    (error) => error instanceof HttpError && error.status === 413,
  )
})

test('a route that allows no body takes requests without one', async () => {
  assert.equal((await enter({ match: '/*', limits: { body: 0 }, resource: ok }, new Request('http://h/'))).status, 200)
})

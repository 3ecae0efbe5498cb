import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  Answer,
  Authenticator,
  AuthorizationRecord,
  Authorizer,
  Config,
  Connection,
  ExchangeRecord,
  FetchResponse,
  Handler,
  Logger,
  Match,
  Middleware,
  Reply,
  Route,
  Scheme,
  ServeOptions,
  Variables,
} from '../src/index.ts'
import {
  AuthenticationFailed,
  Declined,
  type defineConfig,
  Forbidden,
  type HttpError,
  Request,
  Reroute,
  Resource,
  Response,
  Site,
} from '../src/index.ts'
import type * as uniform from '../src/message/interface.ts'

/*
 * Guards the uniform interface: this file compiles as long as it is what it is. Each `@ts-expect-error` is a promise
 * that the compiler refuses the line after it.
 */

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

class Notes extends Resource {
  override GET(request: Request, connection: Connection): Response {
    same<typeof request.params, Readonly<Record<string, string>>>(true)
    same<typeof connection.user, AuthorizationRecord | undefined>(true)
    return new Response(request.params['id'] ?? null)
  }

  override async POST(request: Request): Promise<Reply extends Promise<infer A> ? A : Answer> {
    return Response.json(await request.json())
  }

  /** Methods beside the known ones are possible: they dispatch by their name. */
  PROPFIND(): Response {
    return new Response(null, { status: 207 })
  }

  override PUT(): FetchResponse {
    return new globalThis.Response('put')
  }

  override DELETE(): Declined {
    return Declined
  }

  override PATCH(): Reroute {
    return new Reroute('/elsewhere')
  }
}

class Wrong extends Resource {
  // @ts-expect-error a text is no answer
  override GET(): string {
    return 'x'
  }

  // @ts-expect-error a request is no text
  override POST(_request: string): Response {
    return new Response(null)
  }
}

const handlers: Handler[] = [
  () => new Response('x'),
  async () => new globalThis.Response('x'),
  () => Declined,
  async (request) => new Reroute(request.path),
  (request, connection) => Response.json([request.method, connection.protocol]),
  // @ts-expect-error nothing is no answer
  () => undefined,
  // @ts-expect-error a third argument is never given
  (_request, _connection, _next: Handler) => new Response(null),
]

const middleware: Middleware[] = [
  (next) => next,
  (next) => async (request, connection) => {
    const answer = await next(request, connection)
    same<typeof answer, Answer>(true)
    return answer
  },
  // @ts-expect-error it gives a handler, not an answer
  () => new Response(null),
]

const bearer: Scheme = {
  identify: (request) =>
    request.headers.get('authorization') === 'Bearer 7' ? { name: 'seven', groups: [] } : undefined,
  challenge: () => 'Bearer',
}
const later: Scheme = { identify: async () => undefined, challenge: () => 'Later' }
// @ts-expect-error a scheme asks for itself
const mute: Scheme = { identify: () => undefined }
// @ts-expect-error a user is a record, not a name
const naming: Scheme = { identify: () => 'paul', challenge: () => 'X' }

const passwords: Authenticator = {
  authenticateUser: (name, password) => {
    if (password !== 'x') throw new AuthenticationFailed()
    return { name, groups: ['staff'] }
  },
}
// @ts-expect-error a failure is thrown, not returned
const lenient: Authenticator = { authenticateUser: () => undefined }

const authorizers: Authorizer[] = [
  { authorizeUser: () => undefined },
  {
    authorizeUser: (who, request, connection) => ({
      who: who?.name ?? '',
      path: request.path,
      by: connection.protocol,
    }),
  },
  {
    authorizeUser: async (who) => {
      if (who === undefined) throw new Forbidden()
    },
  },
  // @ts-expect-error yes or no is not how it answers: it would let everybody in
  { authorizeUser: () => false },
]

const logger: Logger = {
  logRequest: ({ status, uri, duration, user, backend }: ExchangeRecord) =>
    void [status.toFixed(), uri.length, duration.toFixed(), user?.length, backend],
}
const forger: Logger = {
  logRequest(record) {
    // @ts-expect-error a record is told, not changed
    record.status = 200
  },
}

const routes: Route[] = [
  { match: '/a', files: './public' },
  { match: '/b', files: { root: '.', listing: true, cacheControl: { '*.css': 'max-age=1' } } },
  { match: '/c/:id', resource: Notes, access: { scheme: bearer }, limits: { body: 1 }, middleware: [] },
  { match: { path: '/d', host: ['x', '*.y'], method: 'GET', when: (request) => request.secure }, redirect: '/a' },
  { match: {}, respond: { status: 204, headers: { 'X-A': 'b' } } },
  { match: '/e', module: './e.ts', rewrite: '/f' },
  // @ts-expect-error a route has a match
  { files: '.' },
  // @ts-expect-error there is no such key
  { match: '/', fles: '.' },
  // @ts-expect-error a folder has a root
  { match: '/', files: { listing: true } },
  { match: '/', files: '.', access: 'public' },
  {
    match: '/',
    files: '.',
    access: {
      scheme: bearer,
      allow: { users: ['ada'], groups: ['staff'], methods: ['GET'], addresses: ['10.0.0.0/8'] },
      any: [{ allow: { users: ['ada'] } }, { authorizer: { authorizeUser: (who) => ({ NAME: who?.name ?? '' }) } }],
      all: [{ authorizer: './may.ts' }, { authorizer: { fastcgi: 'unix:may.sock' } }],
    },
  },
  // @ts-expect-error access is public or rules
  { match: '/', files: '.', access: 'closed' },
  // @ts-expect-error there is no such rule
  { match: '/', files: '.', access: { shceme: bearer } },
  // @ts-expect-error a redirect goes somewhere
  { match: '/', redirect: { status: 301 } },
]

class Sorry extends Resource {
  override GET(): Response {
    return new Response('sorry')
  }
}

const configs: Config[] = [
  { routes: [] },
  {
    listen: [{ port: 1, host: 'x', tls: [{ cert: 'c', key: 'k', names: [] }] }, { unix: 'x' }],
    routes: [],
    errors: { 404: 'x.html', default: (error) => new Response(null, { status: error.status }) },
    intercept: [502],
    development: false,
    log: [logger],
    limits: { body: 1, head: 1 },
    timeouts: { idle: 1 },
    types: { '.x': 'text/x' },
    trustedProxies: ['loopback'],
    middleware: [],
    report: (level, event, fields) => void [level, event.length, fields?.['error']],
  },
  {
    routes: [{ match: '/', files: '.', intercept: true, errors: { 404: Sorry, 410: new Sorry() } }],
    errors: {
      404: { path: '/errors/:status' },
      '4xx': { module: './errors.ts' },
      '5xx': { fetch: () => new globalThis.Response() },
      500: { GET: (_, { failure }) => new Response(failure?.error.detail ?? failure?.request.path) },
    },
  },
  // @ts-expect-error a page is no number
  { routes: [], errors: { 404: 5 } },
  { objects: { paul: 'fastcgi:unix:paul.sock' } },
  // @ts-expect-error there is no such key
  { routes: [], listn: [] },
  // @ts-expect-error a port is a number
  { routes: [], listen: [{ port: '80' }] },
  // @ts-expect-error port is short for listen in serve() only
  { routes: [], port: 80 },
]

same<
  keyof Config,
  | 'listen'
  | 'acme'
  | 'routes'
  | 'objects'
  | 'access'
  | 'errors'
  | 'intercept'
  | 'development'
  | 'errorLog'
  | 'onError'
  | 'log'
  | 'requestId'
  | 'server'
  | 'info'
  | 'limits'
  | 'timeouts'
  | 'types'
  | 'trustedProxies'
  | 'middleware'
  | 'report'
  | 'workers'
  | 'user'
  | 'group'
>(true)
same<keyof ServeOptions, keyof Config | 'port' | 'host' | 'base'>(true)
same<
  keyof Route,
  | 'match'
  | 'internal'
  | 'access'
  | 'rewrite'
  | 'limits'
  | 'errors'
  | 'intercept'
  | 'middleware'
  | 'files'
  | 'module'
  | 'resource'
  | 'cgi'
  | 'fastcgi'
  | 'app'
  | 'wsgi'
  | 'proxy'
  | 'scgi'
  | 'object'
  | 'authorize'
  | 'redirect'
  | 'respond'
>(true)
same<keyof Match, 'path' | 'host' | 'method' | 'when'>(true)
same<keyof uniform.Resource, 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'>(true)
same<keyof Scheme, 'identify' | 'challenge' | 'meansOf' | 'type' | 'usesAuthorization'>(true)
same<keyof Authenticator, 'authenticateUser' | 'generation'>(true)
same<keyof Authorizer, 'authorizeUser'>(true)
same<keyof Logger, 'logRequest'>(true)
same<Answer, Response | globalThis.Response | Declined | Reroute>(true)
same<Reply, Answer | Promise<Answer>>(true)
same<Handler, (request: Request, connection: Connection) => Reply>(true)
same<Middleware, (next: Handler) => Handler>(true)
same<Variables, Readonly<Record<string, string>>>(true)
same<ReturnType<typeof defineConfig>, Config>(true)
same<ReturnType<Site['request']>, Promise<Response>>(true)

/** What the request says beside the shape of Fetch. */
function shaped(request: Request, error: HttpError): void {
  same<typeof request.path, string>(true)
  same<typeof request.query, URLSearchParams>(true)
  same<typeof request.signal, AbortSignal>(true)
  same<ReturnType<typeof request.text>, Promise<string>>(true)
  same<ReturnType<typeof request.headers.get>, string | null>(true)
  same<typeof error.status, number>(true)
  // @ts-expect-error the method of a request is not changed
  request.method = 'GET'
  // @ts-expect-error the status of an answer is a number
  new Response(null, { status: '200' })
}

test('the types of the uniform interface hold, and what they allow works', async () => {
  void [Wrong, mute, naming, lenient, forger, later, passwords, handlers, middleware, authorizers, configs, shaped]
  const site = new Site({ routes: routes.slice(2, 3) })
  assert.equal((await site.request('/c/1')).status, 401)
  const headers = { Authorization: 'Bearer 7' }
  assert.equal(await (await site.request('/c/1', { headers })).text(), '1')
  assert.equal(await (await site.request('/c/1', { method: 'PUT', headers })).text(), 'put')
  assert.equal((await site.request('/c/1', { method: 'PROPFIND', headers })).status, 207)
  assert.ok(new Request('http://x.example/') instanceof Request)
})

test('a module may export what a resource may be', () => {
  const exported: unknown[] = [
    Notes,
    new Notes(),
    () => new Response(null),
    { fetch: () => new globalThis.Response(null) },
    { GET: () => new Response(null) },
    { default: Notes },
  ]
  for (const resource of exported) assert.doesNotThrow(() => new Site({ routes: [{ match: '/', resource }] }))
  for (const resource of [{}, { get: () => new Response(null) }, null, 5, 'x', undefined]) {
    assert.throws(() => new Site({ routes: [{ match: '/', resource }] }), TypeError)
  }
})

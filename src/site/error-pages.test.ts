import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import type { Connection } from '../message/connection.ts'
import { Resource } from '../message/dispatch.ts'
import { AuthorizationRequired, HttpError } from '../message/errors.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import type { Handler, Scheme } from '../message/interface.ts'
import { Reroute } from '../message/outcome.ts'
import type { Request, RequestInit } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { ErrorPageSource, ErrorPages } from './error-pages.ts'
import { PATIENCE } from './error-request.ts'
import type { Route } from './route.ts'
import { Site } from './site.ts'

interface Made {
  readonly site: Site
  readonly reports: [event: string, error: unknown][]
  readonly records: ExchangeRecord[]
}

/** A site whose `/fails` throws. */
function failing(error: unknown, errors: ErrorPages, more: readonly Route[] = [], own?: ErrorPages): Made {
  const reports: [string, unknown][] = []
  const records: ExchangeRecord[] = []
  const resource: Handler = () => {
    throw error
  }
  const site = new Site({
    routes: [{ match: '/fails', resource, ...(own !== undefined && { errors: own }) }, ...more],
    errors,
    report: (_, event, fields) => reports.push([event, fields?.['error']]),
    log: [{ logRequest: (record) => records.push(record) }],
  })
  return { site, reports, records }
}

/** A page that does not come. */
const NEVER: Promise<Response> = new Promise(() => undefined)

const says = (text: string) => (): Response => new Response(text)

class Page extends Resource {
  override GET(request: Request, { failure }: Connection): Response {
    return new Response(`${request.method} ${request.path} for ${failure?.error.status} of ${failure?.request.method}`)
  }
}

for (const [what, source] of [
  ['a class', Page],
  ['an instance', new Page()],
  ['a module', { module: { default: Page } }],
  [
    'named exports',
    { module: { GET: (request: Request, connection: Connection) => new Page().GET(request, connection) } },
  ],
] as const satisfies [string, ErrorPageSource][]) {
  test(`${what} makes an error page: a GET of the path that failed, told of the error`, async () => {
    const { site } = failing(new HttpError(409), { 409: source })
    const answer = await site.request('/fails', { method: 'POST', body: 'x' })
    assert.deepEqual([answer.status, await answer.text()], [409, 'GET /fails for 409 of POST'])
  })
}

test('a Fetch application makes an error page', async () => {
  const { site } = failing(new HttpError(404), {
    default: { fetch: (request) => new globalThis.Response(`${request.method} ${new URL(request.url).pathname}`) },
  })
  const answer = await site.request('/fails', { method: 'PUT', body: 'x' })
  assert.deepEqual([answer.status, await answer.text()], [404, 'GET /fails'])
})

test('a file makes an error page, as it is at that time', async () => {
  const folder = makeFolder({ 'gone.html': '<p>gone' })
  const site = new Site({ routes: [], errors: { 404: 'gone.html' }, place: { base: folder } })
  assert.equal(await (await site.request('/')).text(), '<p>gone')
  writeFileSync(join(folder, 'gone.html'), '<p>changed')
  const answer = await site.request('/')
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [404, 'text/html; charset=utf-8'])
  assert.equal(await answer.text(), '<p>changed')
})

for (const [what, own, all, expected] of [
  ["the route's page counts before the site's", { 404: Page }, { 404: says('site') }, /^GET/],
  ["the route's widest page counts before the site's narrowest", { default: Page }, { 404: says('site') }, /^GET/],
  ["the site's page counts where the route has none for the status", { 500: Page }, { '4xx': says('site') }, /^site$/],
] as const) {
  test(what, async () => {
    const { site } = failing(new HttpError(404), all, [], own)
    assert.match(await (await site.request('/fails')).text(), expected)
  })
}

test("a path that no route takes, and a route that sent on to another one, have the site's page", async () => {
  const { site } = failing(new HttpError(404), { 404: says('site') }, [
    { match: '/on', resource: () => new Reroute('/nowhere'), errors: { 404: Page } },
  ])
  for (const path of ['/nowhere', '/on']) assert.equal(await (await site.request(path)).text(), 'site')
})

/** What a page of the site was asked. */
function asked(error: HttpError, init: RequestInit = {}, route: Partial<Route> = {}): Promise<[Response, Request[]]> {
  const seen: Request[] = []
  const page: Handler = (request) => {
    seen.push(request)
    return new Response(`page ${request.path}${request.search}`, {
      headers: { ETag: '"a"', 'Cache-Control': 'max-age=9' },
    })
  }
  const { site } = failing(error, { default: { path: '/errors/:status?s=:status' } }, [
    { match: '/errors/*', resource: page, ...route },
  ])
  return site.request('/fails?x', init).then((answer) => [answer, seen])
}

test('a page at a path of the site keeps the status of the error and the fields that it must have', async () => {
  const headers = [
    ['Allow', 'GET'],
    ['Set-Cookie', 'a=1'],
  ] as const
  const [answer] = await asked(new HttpError(405, { headers }), { method: 'POST', body: 'x' })
  assert.deepEqual([answer.status, await answer.text()], [405, 'page /errors/405?s=405'])
  const fields = ['allow', 'set-cookie', 'etag', 'cache-control'].map((name) => answer.headers.get(name))
  assert.deepEqual(fields, ['GET', 'a=1', null, 'no-store'])
})

test('the request for a page has no content, is not conditional and not partial, and names the page', async () => {
  const fields = { 'If-None-Match': '"a"', Range: 'bytes=0-0', 'If-Match': '"b"', Expect: '100-continue', 'X-Own': '1' }
  const [answer, [request]] = await asked(new HttpError(404), { method: 'DELETE', body: 'content', headers: fields })
  assert.deepEqual([answer.status, request?.method, request?.target], [404, 'GET', '/errors/404?s=404'])
  assert.deepEqual([request?.body, request?.selective], [null, false])
  assert.deepEqual([...(request?.headers.keys() ?? [])], ['x-own', 'host'])
})

test('the page for HEAD is asked for by HEAD and has no content', async () => {
  const [answer, [request]] = await asked(new HttpError(404), { method: 'HEAD' })
  assert.deepEqual([answer.status, request?.method, await answer.text()], [404, 'HEAD', ''])
  assert.equal(answer.headers.get('content-length'), '22')
})

test('a page may be on a route that is internal', async () => {
  const [answer] = await asked(new HttpError(404), {}, { internal: true })
  assert.equal(await answer.text(), 'page /errors/404?s=404')
})

const byName: Scheme = {
  usesAuthorization: true,
  challenge: () => 'Name',
  identify: ({ headers }) => {
    const name = headers.get('authorization')
    return name === null ? undefined : { name, groups: [] }
  },
}

for (const [what, headers, text] of [
  ['is not shown to who may not see it', {}, /^401 Unauthorized\n/],
  ['is shown to who may', { Authorization: 'ann' }, /^page/],
] as const) {
  test(`a page behind a guard ${what}`, async () => {
    const error = new AuthorizationRequired({ headers: { 'WWW-Authenticate': 'First' } })
    const init = { headers: { ...headers, Accept: 'text/plain' } }
    const [answer, [request]] = await asked(error, init, { access: { scheme: byName } })
    assert.deepEqual([answer.status, answer.headers.getAll('www-authenticate')], [401, ['First']])
    assert.match(await answer.text(), text)
    // Only its guard sees what was said to it.
    assert.equal(request?.headers.get('authorization') ?? null, null)
  })
}

test('who was let in to the first route is nobody for the page, which does not see the password either', async () => {
  let seen: unknown[] = []
  const { site, records } = failing(new HttpError(404), { default: { path: '/page' } }, [
    {
      match: '/secret',
      access: { scheme: byName },
      resource: () => {
        throw new HttpError(404)
      },
    },
    {
      match: '/page',
      resource: (request: Request, { user, means }: Connection) => {
        seen = [user, means, request.headers.get('authorization')]
        return new Response('page')
      },
    },
  ])
  assert.equal(await (await site.request('/secret', { headers: { Authorization: 'ann' } })).text(), 'page')
  assert.deepEqual(seen, [undefined, undefined, null])
  assert.deepEqual([records[0]?.user, records[0]?.route], ['ann', '/secret'])
})

const failures: [what: string, resource: Handler, why: RegExp][] = [
  ['answers 404', () => new Response('x', { status: 404 }), /it answered 404/],
  ['answers 503', () => new Response('x', { status: 503 }), /it answered 503/],
  ['redirects', () => Response.redirect('/elsewhere'), /it answered 302/],
  [
    'throws',
    () => {
      throw new Error('broken')
    },
    /broken/,
  ],
  ['rejects', () => Promise.reject(new Error('broken')), /broken/],
  ['is rerouted in a circle', () => new Reroute('/page'), /rerouted more than 5 times/],
  ['is rerouted to what fails', () => new Reroute('/fails'), /no longer here/],
]

for (const [what, resource, why] of failures) {
  test(`where a page of the site ${what}, the default page tells of the first error, once`, async () => {
    const { site, reports } = failing(
      new HttpError(410, { detail: 'no longer here' }),
      { default: { path: '/page' } },
      [{ match: '/page', resource, errors: { default: { path: '/page' } } }],
    )
    const answer = await site.request('/fails', { headers: { Accept: 'text/plain' } })
    assert.deepEqual([answer.status, await answer.text()], [410, '410 Gone\nno longer here\n'])
    assert.deepEqual(
      reports.map(([event]) => event),
      ['The error page failed.'],
    )
    assert.match(String(reports[0]?.[1]), why)
  })
}

for (const [what, errors] of [
  ['at a path', { default: { path: '/page' } }],
  ['of a resource', { default: { module: () => NEVER } }],
  ['of a function', { default: () => NEVER }],
] as const satisfies [string, ErrorPages][]) {
  test(`a page ${what} that does not come is given up, and told so`, async (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let aborted: unknown
    const resource: Handler = (request) => {
      request.onAbort((reason) => {
        aborted = reason
      })
      return new Promise(() => undefined)
    }
    const { site, reports } = failing(new HttpError(404), errors, [{ match: '/page', resource }])
    const answer = site.request('/fails')
    t.mock.timers.tick(PATIENCE)
    assert.equal((await answer).status, 404)
    assert.match(String(reports[0]?.[1]), /did not begin within 10 seconds/)
    if ('path' in Object(errors.default)) assert.match(String(aborted), /did not begin/)
  })
}

test('a client that goes cancels the page, and fills no error log', async () => {
  const gone = new AbortController()
  const resource: Handler = (request, connection) =>
    new Promise((_, reject) => {
      request.onAbort(reject)
      assert.ok(connection.failure !== undefined)
      gone.abort(new Error('gone'))
    })
  const reports: string[] = []
  const site = new Site({
    routes: [{ match: '/page', resource }],
    errors: { 404: { path: '/page' } },
    report: (_, event) => reports.push(event),
    middleware: [
      (next) => (request, connection) => {
        request.onAbort(() => {
          connection.exchange.aborted = true
        })
        return next(request, connection)
      },
    ],
  })
  assert.equal((await site.request('/nowhere', { signal: gone.signal })).status, 404)
  assert.deepEqual(reports, [])
})

for (const [what, errors, message] of [
  ['a path that no route takes', { 404: { path: '/none' } }, /^errors\["404"\]: no route takes \/none by GET$/],
  ['what is no path', { 404: { path: 'none' } }, /^errors\["404"\]: an error page is at a path of the site, not at/],
  ['an object that is no resource', { '5xx': { pth: '/' } as never }, /^errors\["5xx"\]: a resource is a class/],
] as const satisfies [string, ErrorPages, RegExp][]) {
  test(`${what} makes no error page, and that is said at start`, () => {
    assert.throws(() => new Site({ routes: [{ match: '/a', respond: 'a' }], errors }), { message })
    const routes = [{ match: '/a', respond: 'a', errors }]
    assert.throws(() => new Site({ routes }), { message: new RegExp(`^routes\\[0\\]: ${message.source.slice(1)}`) })
  })
}

test('explain tells the pages of the route, then those of the site', async () => {
  const { site } = failing(new HttpError(404), { '5xx': 'down.html', 404: { path: '/fails' } }, [], { 403: Page })
  const pages = async (path: string): Promise<string[]> =>
    (await site.explain('GET', path)).lines.filter(([word]) => word === 'page').map(([, text]) => text)
  const [gone, down] = ['404: /fails', `5xx: ${join(process.cwd(), 'down.html')}`]
  assert.deepEqual(await pages('/fails'), ['403: a resource', gone, down])
  assert.deepEqual(await pages('/nowhere'), [gone, down])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HTTP_ERROR } from '../message/brands.ts'
import { HttpError } from '../message/errors.ts'
import type { Handler } from '../message/interface.ts'
import { Response } from '../message/response.ts'
import { type ErrorPages, toHttpError } from './errors.ts'
import { Site } from './site.ts'

const SECRET = 'the password is swordfish'

type Report = readonly [level: string, event: string, fields: Readonly<Record<string, unknown>> | undefined]

function failing(thrown: unknown, errors: ErrorPages = {}): { site: Site; reports: Report[] } {
  const reports: Report[] = []
  const resource: Handler = () => {
    throw thrown
  }
  const site = new Site({
    routes: [{ match: '/*', resource }],
    errors,
    report: (...all) => reports.push([all[0], all[1], all[2]]),
  })
  return { site, reports }
}

const says = (text: string) => (): Response => new Response(text)

test('an HttpError is itself, also that of another copy of the package', () => {
  const error = new HttpError(404)
  assert.equal(toHttpError(error), error)
  const other = { [HTTP_ERROR]: true, status: 418 }
  assert.equal(toHttpError(other), other)
})

for (const thrown of [
  new Error(SECRET),
  new TypeError(SECRET),
  SECRET,
  { status: 404, message: SECRET },
  undefined,
  null,
  0,
]) {
  test(`${String(thrown)} thrown by a resource is a 500 that tells the client nothing of it, and is reported`, async () => {
    for (const Accept of ['text/html', 'application/json', 'text/plain', 'image/png']) {
      const { site, reports } = failing(thrown)
      const answer = await site.request('/secret?x', { headers: { Accept } })
      assert.equal(answer.status, 500)
      const text = `${await answer.text()} ${JSON.stringify([...answer.headers])}`
      assert.ok(!text.includes('swordfish') && !text.includes('TypeError'), text)
      const fields = { method: 'GET', uri: '/secret?x', status: 500, error: thrown }
      const requestId = reports[0]?.[2]?.['requestId']
      assert.deepEqual(reports, [['error', 'The request failed.', { ...fields, requestId }]])
    }
  })
}

test('the cause of an HttpError of the server is reported and not shown, its detail is shown', async () => {
  const cause = new Error(SECRET)
  const { site, reports } = failing(new HttpError(502, { detail: 'The back end is down.', cause }))
  const answer = await site.request('/', { headers: { Accept: 'text/plain' } })
  assert.equal(await answer.text(), '502 Bad Gateway\nThe back end is down.\n')
  assert.equal(reports[0]?.[2]?.['error'], cause)
})

for (const error of [new HttpError(404, { cause: new Error(SECRET) }), new HttpError(503, { detail: 'Later.' })]) {
  test(`nobody is told of a ${error.status} that was thrown on purpose ${error.cause === undefined ? '' : 'for the client'}`, async () => {
    const { site, reports } = failing(error)
    assert.equal((await site.request('/')).status, error.status)
    assert.deepEqual(reports, [])
  })
}

for (const [status, pages, expected] of [
  [404, { '404': says('own'), '4xx': says('class'), default: says('all') }, 'own'],
  [403, { '404': says('own'), '4xx': says('class'), default: says('all') }, 'class'],
  [500, { '404': says('own'), '4xx': says('class'), default: says('all') }, 'all'],
  [599, { '5xx': says('class') }, 'class'],
] as const) {
  test(`the narrowest error page for ${status} out of ${Object.keys(pages)} says "${expected}"`, async () => {
    const answer = await failing(new HttpError(status), pages).site.request('/')
    assert.deepEqual([answer.status, await answer.text()], [status, expected])
  })
}

test('an error page is given the error, the request and the connection, and may be slow', async () => {
  const { site } = failing(new HttpError(404, { code: 'gone-away' }), {
    default: async (error, request, connection) => {
      await Promise.resolve()
      return new Response(`${error.code} ${request.path} ${connection.protocol}`)
    },
  })
  assert.equal(await (await site.request('/a')).text(), 'gone-away /a HTTP/1.1')
})

test('an error page is given a 500 for what is unknown, with its cause', async () => {
  const thrown = new Error(SECRET)
  const { site } = failing(thrown, { '500': (error) => new Response(String(error.cause === thrown && error.code)) })
  assert.equal(await (await site.request('/')).text(), 'internal')
})

test('the fields that an error must have stay, whoever made the page, each as often as it was', async () => {
  const headers = [
    ['WWW-Authenticate', 'Basic'],
    ['WWW-Authenticate', 'Digest'],
    ['Retry-After', '5'],
  ] as const
  const { site } = failing(new HttpError(401, { headers }), {
    default: () => new Response('own', { headers: { 'www-authenticate': 'Own', 'X-Own': '1' } }),
  })
  const answer = await site.request('/')
  assert.deepEqual(answer.headers.getAll('www-authenticate'), ['Basic', 'Digest'])
  assert.deepEqual([answer.headers.get('retry-after'), answer.headers.get('x-own')], ['5', '1'])
})

test('an error page that gives one answer every time keeps nothing of another error', async () => {
  const one = new Response('page', { status: 400 })
  const { site } = failing(new HttpError(401, { headers: { 'WWW-Authenticate': 'Basic' } }), { default: () => one })
  assert.equal((await site.request('/')).headers.get('www-authenticate'), 'Basic')
  assert.equal(one.headers.get('www-authenticate'), null)
})

test('an error page keeps a status of its own, unless it is 200', async () => {
  const moved = await failing(new HttpError(404), { '404': () => Response.redirect('/search') }).site.request('/')
  assert.deepEqual([moved.status, moved.headers.get('location')], [302, '/search'])
})

test("an error page may give the platform's Response", async () => {
  const page = (): globalThis.Response => new globalThis.Response('fetch', { headers: { 'X-A': '1' } })
  const answer = await failing(new HttpError(404), { '404': page }).site.request('/')
  assert.deepEqual([answer.status, answer.headers.get('x-a'), await answer.text()], [404, '1', 'fetch'])
})

for (const [what, page] of [
  ['throws', () => assert.fail('page')],
  ['rejects', () => Promise.reject(new Error('page'))],
  ['throws an HttpError', () => Promise.reject(new HttpError(403))],
  ['returns nothing', () => undefined as unknown as Response],
  ['returns text', () => 'text' as unknown as Response],
] as const) {
  test(`an error page that ${what} is reported and replaced by the default one`, async () => {
    const { site, reports } = failing(new HttpError(405, { headers: { Allow: 'GET' } }), { default: page })
    const answer = await site.request('/', { headers: { Accept: 'text/plain' } })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET'])
    assert.match(await answer.text(), /^405 Method Not Allowed/)
    assert.deepEqual(
      [reports[0]?.[0], reports[0]?.[1], reports[0]?.[2]?.['status']],
      ['error', 'The error page failed.', 405],
    )
  })
}

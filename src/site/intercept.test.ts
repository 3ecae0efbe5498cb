import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExchangeRecord } from '../message/exchange.ts'
import type { Handler, Reply } from '../message/interface.ts'
import { Declined, Reroute } from '../message/outcome.ts'
import { Response } from '../message/response.ts'
import type { Intercept } from './intercept.ts'
import { Site } from './site.ts'

function intercepting(reply: () => Reply, intercept?: Intercept, all?: Intercept): [Site, ExchangeRecord[]] {
  const records: ExchangeRecord[] = []
  const site = new Site({
    routes: [
      { match: '/*', resource: (): Reply => reply(), ...(intercept !== undefined && { intercept }) },
      { match: '/other', respond: 'other' },
    ],
    ...(all !== undefined && { intercept: all }),
    errors: { default: (error) => new Response(`own ${error.status} ${error.code}`) },
    log: [{ logRequest: (record) => records.push(record) }],
  })
  return [site, records]
}

const refuses = (status: number): Response => new Response('its own', { status, headers: { ETag: '"x"' } })

for (const [route, all, status, intercepted] of [
  [undefined, undefined, 503, false],
  [false, true, 503, false],
  [[404], true, 503, false],
  [[404, 503], undefined, 503, true],
  [true, false, 404, true],
  [undefined, true, 599, true],
  [undefined, [404], 404, true],
  [true, undefined, 399, false],
] as const) {
  const told = `with ${JSON.stringify(route)} on the route and ${JSON.stringify(all)} on the site`
  test(`${told} an answer ${status} is ${intercepted ? 'replaced' : 'passed'}`, async () => {
    for (const reply of [() => refuses(status), async () => refuses(status)]) {
      const [site, records] = intercepting(reply, route, all)
      const answer = await site.request('/')
      assert.deepEqual(
        [answer.status, await answer.text(), answer.headers.get('etag')],
        intercepted ? [status, `own ${status} intercepted`, null] : [status, 'its own', '"x"'],
      )
      assert.deepEqual(records[0]?.backend, intercepted ? { status } : undefined)
    }
  })
}

test('what an error answer asks of the client is kept, and no other field of it', async () => {
  const kept = [
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['WWW-Authenticate', 'Basic'],
    ['WWW-Authenticate', 'Digest'],
    ['Allow', 'GET'],
    ['Retry-After', '5'],
    ['Location', '/there'],
  ] as const
  const headers = [...kept, ['Content-Type', 'x/y'], ['Content-Encoding', 'gzip'], ['X-Powered-By', 'them']] as const
  const [site] = intercepting(() => new Response('zipped', { status: 401, headers }), true)
  const { headers: fields } = await site.request('/')
  for (const [name] of kept) {
    const values = kept.filter(([other]) => other === name).map(([, value]) => value)
    assert.deepEqual(fields.getAll(name), values)
  }
  for (const name of ['content-encoding', 'x-powered-by']) assert.equal(fields.get(name), null)
  assert.equal(fields.get('content-type'), 'text/plain;charset=UTF-8')
})

test('the content of the error answer is let go', async () => {
  let over = false
  async function* content(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1)
  }
  const source = content()
  const { return: end } = source
  source.return = (value) => {
    over = true
    return end.call(source, value)
  }
  const [site] = intercepting(() => new Response(source, { status: 500 }), true)
  assert.equal(await (await site.request('/')).text(), 'own 500 intercepted')
  assert.ok(over)
})

test("the platform's Response is replaced too", async () => {
  const [site] = intercepting(() => new globalThis.Response('its own', { status: 404 }), true)
  assert.equal(await (await site.request('/')).text(), 'own 404 intercepted')
})

test('who declines or sends on goes on', async () => {
  const [sent] = intercepting(() => new Reroute('/other'), true)
  assert.equal(await (await sent.request('/')).text(), 'other')
  const [declined] = intercepting(() => Declined, true)
  assert.equal(await (await declined.request('/')).text(), 'own 404 undefined')
})

for (const status of [200, 399, 600, 404.5]) {
  test(`${status} is no status to intercept`, () => {
    const resource: Handler = () => Declined
    assert.throws(() => new Site({ routes: [{ match: '/', resource, intercept: [status] }] }), {
      message: `routes[0]: no error has status ${status}`,
    })
  })
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { type BasicOptions, basicScheme } from '../src/access/schemes/basic.ts'
import { headerScheme } from '../src/access/schemes/header.ts'
import type { AuthorizationRecord } from '../src/message/connection.ts'
import { Response } from '../src/message/response.ts'
import type { Route } from '../src/site/route.ts'
import { fieldOfAnswer } from './support/answers.ts'
import { type EngineUnderTest, startEngine } from './support/engine.ts'
import { basic, Passwords } from './support/passwords.ts'

const SOON = { timeout: 20_000 }

function who(_: unknown, { user }: { user: AuthorizationRecord | undefined }): Response {
  return new Response(`${user?.name} ${user?.groups}`)
}

let places = 0

interface Guarded {
  readonly server: EngineUnderTest
  readonly store: Passwords
}

/** A site whose `/in/*` is for whom a store of passwords knows. Clients may say that they are others. */
async function guarded(t: TestContext, options: Partial<BasicOptions> = {}, http2: boolean = false): Promise<Guarded> {
  const store = new Passwords()
  const scheme = basicScheme({ realm: 'site', store, place: `guards ${++places}`, ...options })
  const routes: readonly Route[] = [
    { match: '/in/*', access: { scheme }, resource: who },
    { match: '/*', resource: who },
  ]
  const listen = { port: 0, http2 }
  return { server: await startEngine(t, { routes, listen, trustedProxies: ['loopback'] }), store }
}

function get(path: string, authorization?: string, from: string = '192.0.2.1'): string {
  const field = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${from}\r\n${field}\r\n`
}

test('who logs in comes in; who does not is told how', SOON, async (t) => {
  const { server } = await guarded(t)
  const client = await server.connect()
  for (const [authorization, status, body] of [
    [basic('joe', 'secret'), 200, 'joe of-joe'],
    [basic('joe', 'secret'), 200, 'joe of-joe'],
    [undefined, 401, undefined],
    [basic('joe', 'wrong'), 401, undefined],
    [basic('nobody', 'secret'), 401, undefined],
    ['Basic !', 401, undefined],
    ['Bearer x', 401, undefined],
  ] as const) {
    client.send(get('/in/', authorization))
    const answer = await client.answer()
    assert.equal(answer.status, status, authorization)
    if (body !== undefined) assert.equal(answer.body, body)
    const challenge = status === 401 ? 'Basic realm="site", charset="UTF-8"' : undefined
    assert.equal(fieldOfAnswer(answer, 'www-authenticate'), challenge)
  }
})

test('two fields Authorization are answered 400, whichever of them is right', SOON, async (t) => {
  const { server, store } = await guarded(t)
  const client = await server.connect()
  const right = `Authorization: ${basic('joe', 'secret')}\r\n`
  const wrong = `authorization: ${basic('ann', 'wrong')}\r\n`
  for (const fields of [right + wrong, wrong + right, right + right]) {
    client.send(`GET /in/ HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
    assert.equal((await client.answer()).status, 400)
  }
  assert.deepEqual(store.asked, [])
})

test('users that share a connection never mix, pipelined, cached or not', SOON, async (t) => {
  const { server } = await guarded(t)
  const client = await server.connect()
  const order = ['joe', 'ann', undefined, 'ann', 'joe', 'wrong', undefined, 'joe'] as const
  const logins = { joe: basic('joe', 'secret'), ann: basic('ann', 'hidden'), wrong: basic('joe', 'hidden') }
  for (let round = 0; round < 3; round++) {
    client.send(order.map((name) => get('/in/', name && logins[name]) + get('/open', name && logins[name])).join(''))
    for (const name of order) {
      const guardedOne = await client.answer()
      const expected = name === undefined || name === 'wrong' ? 401 : `${name} of-${name}`
      assert.equal(guardedOne.status === 200 ? guardedOne.body : guardedOne.status, expected)
      assert.equal((await client.answer()).body, 'undefined undefined')
    }
  }
})

test('two users on one connection of HTTP/2 at once', SOON, async (t) => {
  const { server } = await guarded(t, {}, true)
  const session = connectHttp2(`http://127.0.0.1:${server.port}`)
  t.after(() => session.destroy())
  const ask = async (authorization: string | undefined): Promise<string> => {
    const stream = session.request({ ':path': '/in/', ...(authorization !== undefined && { authorization }) })
    let body = ''
    stream.on('data', (piece) => {
      body += piece
    })
    const [[headers]] = (await Promise.all([once(stream, 'response'), once(stream, 'close')])) as unknown as [
      [Record<string, unknown>],
    ]
    return headers[':status'] === 200 ? body : String(headers[':status'])
  }
  for (let round = 0; round < 3; round++) {
    const asked = [basic('joe', 'secret'), basic('ann', 'hidden'), undefined, basic('joe', 'hidden')].map(ask)
    assert.deepEqual(await Promise.all(asked), ['joe of-joe', 'ann of-ann', '401', '401'])
  }
})

test(
  'the store is asked as often for an unknown name as for a known one, and never for a login that it knows',
  SOON,
  async (t) => {
    const { server, store } = await guarded(t)
    const client = await server.connect()
    const ask = async (authorization: string): Promise<number> => {
      const before = store.asked.length
      client.send(get('/in/', authorization))
      await client.answer()
      return store.asked.length - before
    }
    assert.deepEqual([await ask(basic('joe', 'a')), await ask(basic('nobody', 'a'))], [1, 1])
    assert.deepEqual([await ask(basic('joe', 'a')), await ask(basic('nobody', 'a'))], [1, 1])
    assert.deepEqual([await ask(basic('joe', 'secret')), await ask(basic('joe', 'secret'))], [1, 0])
    store.generation++
    assert.deepEqual([await ask(basic('joe', 'secret')), await ask(basic('joe', 'secret'))], [1, 0])
  },
)

test('known and unknown names are refused alike after too many failures', SOON, async (t) => {
  const { server, store } = await guarded(t, { attempts: 3 })
  const client = await server.connect()
  for (const [name, from] of [
    ['joe', '198.51.100.1'],
    ['nobody', '198.51.100.2'],
  ] as const) {
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) {
      client.send(get('/in/', basic(name, `wrong ${i}`), from))
      const answer = await client.answer()
      statuses.push(answer.status)
      assert.equal(fieldOfAnswer(answer, 'retry-after') !== undefined, answer.status === 429)
    }
    assert.deepEqual(statuses, [401, 401, 401, 429, 429])
  }
  assert.equal(store.asked.length, 6)
  assert.equal(server.reports.filter(({ event }) => event.includes('limits.logins')).length, 2)
  // The same name from another address, and another name from this one.
  client.send(get('/in/', basic('joe', 'secret'), '198.51.100.3') + get('/in/', basic('ann', 'hidden'), '198.51.100.1'))
  for (const name of ['joe', 'ann']) assert.equal((await client.answer()).body, `${name} of-${name}`)
})

test('clients of one IPv6 network of 64 bits are one', SOON, async (t) => {
  const { server } = await guarded(t, { attempts: 2 })
  const client = await server.connect()
  const statuses: number[] = []
  for (const from of ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:db8:0:1::3', '2001:db8:0:2::1']) {
    client.send(get('/in/', basic('joe', from), from))
    statuses.push((await client.answer()).status)
  }
  assert.deepEqual(statuses, [401, 401, 429, 401])
})

test('a store that fails lets nobody in, and is no failure of the client', SOON, async (t) => {
  const { server, store } = await guarded(t, { attempts: 2 })
  const client = await server.connect()
  store.before = () => Promise.reject(new Error('the disk is away'))
  for (let i = 0; i < 5; i++) {
    client.send(get('/in/', basic('joe', 'secret'), '198.51.100.9'))
    assert.equal((await client.answer()).status, 500)
  }
  store.before = () => undefined
  client.send(get('/in/', basic('joe', 'secret'), '198.51.100.9'))
  assert.equal((await client.answer()).body, 'joe of-joe')
})

test('a field of a proxy counts by the socket, not by the client that a proxy tells', SOON, async (t) => {
  const scheme = headerScheme({ header: 'X-Remote-User', from: ['10.0.0.0/8'] })
  const believing = headerScheme({ header: 'X-Remote-User', from: ['loopback'] })
  const routes = [
    { match: '/far', access: { scheme }, resource: who },
    { match: '/near', access: { scheme: believing }, resource: who },
  ]
  const server = await startEngine(t, { routes, trustedProxies: ['loopback'] })
  const client = await server.connect()
  const fields = 'Host: a\r\nX-Forwarded-For: 10.1.1.1\r\nX-Remote-User: root\r\n\r\n'
  client.send(`GET /far HTTP/1.1\r\n${fields}GET /near HTTP/1.1\r\n${fields}GET /near HTTP/1.1\r\nHost: a\r\n\r\n`)
  const answers = [await client.answer(), await client.answer(), await client.answer()]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 200, 403],
  )
  assert.equal(answers[1]?.body, 'root ')
})

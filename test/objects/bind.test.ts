import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { Engine } from '../../src/door/engine.ts'
import { Connection } from '../../src/message/connection.ts'
import { Exchange } from '../../src/message/exchange.ts'
import { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'
import { bind } from '../../src/object/bind.ts'
import { CallFacts } from '../../src/protocol/object/call-facts.ts'
import { Site } from '../../src/site/site.ts'
import { ask } from '../support/client.ts'
import { makeFolder } from '../support/folder.ts'
import { allTests, type PublishingProgram, runPublishing } from '../support/published.ts'

const SOON = { timeout: 60_000 }
const ALL = allTests()
let shared: PublishingProgram | undefined

function handle(): Promise<string> {
  shared ??= runPublishing(ALL, 'published-objects')
  return shared.handle()
}

test('an object is called by path, URL or request, with what Fetch takes', SOON, async () => {
  const facts = bind(await handle(), 'facts')
  const told = await (await facts.POST('/a?b', { body: 'content', headers: { 'X-A': '1' } })).json()
  const { method, path, search, body, fields } = told as Record<string, unknown>
  assert.deepEqual([method, path, search, body], ['POST', '/a', '?b', 'content'])
  assert.ok(JSON.stringify(fields).includes('["X-A","1"]'))
  const url = (await (await facts.GET(new URL('https://paul.example/x'))).json()) as Record<string, unknown>
  assert.deepEqual([url['url'], url['secure']], ['https://paul.example/x', true])
  const own = await (await facts.PUT(new Request('http://a/y', { method: 'POST', body: 'z' }))).json()
  assert.deepEqual([(own as Record<string, unknown>)['method'], (own as Record<string, unknown>)['body']], ['PUT', 'z'])
  const other = (await (await facts.call('/p', { method: 'PROPFIND' })).json()) as Record<string, unknown>
  assert.equal(other['method'], 'PROPFIND')
})

test('HEAD and OPTIONS are calls too', SOON, async () => {
  const counter = bind(await handle(), 'counter')
  assert.equal((await counter.OPTIONS('/')).headers.get('allow'), 'GET, HEAD, OPTIONS')
  assert.equal(await (await counter.HEAD('/')).text(), '')
})

test('both ways at once, each piece as it comes', SOON, async () => {
  let more: ((text: string) => void) | undefined
  async function* sent(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const text = await new Promise<string>((resolve) => {
        more = resolve
      })
      if (text === '') return
      yield Buffer.from(text)
    }
  }
  const echo = bind(await handle(), 'echo')
  const answered = echo.POST('/', { body: sent() })
  while (more === undefined) await new Promise((resolve) => setImmediate(resolve))
  more('one')
  const pieces = ((await answered).body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  assert.equal(String(Buffer.from((await pieces.next()).value as Uint8Array)), 'one')
  more('two')
  assert.equal(String(Buffer.from((await pieces.next()).value as Uint8Array)), 'two')
  more('')
  assert.equal((await pieces.next()).done, true)
})

test('a thousand at once', SOON, async () => {
  const length = bind(await handle(), 'length')
  const all = Array.from({ length: 1000 }, async (_, i) => (await length.POST('/', { body: 'x'.repeat(i) })).text())
  assert.deepEqual(
    await Promise.all(all),
    all.map((_, i) => String(i)),
  )
})

test('what an object throws is thrown to the caller', SOON, async () => {
  await assert.rejects(bind(await handle(), 'refuses').GET('/'), (error: Error & Record<string, unknown>) => {
    assert.deepEqual([error['status'], error['code'], error.message], [409, 'notes.full', 'Ein Grund: ü €.'])
    return true
  })
  await assert.rejects(bind(await handle(), 'throws').GET('/'), { status: 500, message: 'Internal Server Error' })
  await assert.rejects(bind(await handle(), 'absent').GET('/'), {
    status: 404,
    message: 'There is no object absent here.',
  })
  await assert.rejects(bind(await handle(), 'declines').GET('/'), { status: 404, message: /declined/ })
})

test('what goes wrong on the way is said in words', SOON, async () => {
  const gone = `fastcgi:unix:${join(makeFolder(), 'gone.sock')}`
  await assert.rejects(bind(gone, 'echo').GET('/'), { status: 503, message: /gone\.sock/ })
  const late = bind(await handle(), 'silent', { timeouts: { firstByte: 50 } })
  await assert.rejects(late.GET('/?late'), { status: 504, message: /no answer within 50 ms/ })
})

test('a signal ends a call, and the object is told', SOON, async () => {
  const gone = new AbortController()
  const silent = bind(await handle(), 'silent')
  const answer = assert.rejects(silent.GET('/?signal', { signal: gone.signal }))
  await shared?.printed(/^silent asked \?signal/m)
  gone.abort()
  await answer
  await shared?.printed(/^silent aborted \?signal$/m)
})

const FACTS = new CallFacts('{"remote":["192.0.2.7",5],"local":["192.0.2.1",80]}', false)

test('a deadline goes along, and is not waited past', SOON, async () => {
  const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  connection.deadline = Date.now() + 5000
  const told = bind(await handle(), 'deadline', { timeouts: { firstByte: 60_000 } })
  const left = Number(
    await ((await told.GET(new Request('http://a/'), connection)) as { text(): Promise<string> }).text(),
  )
  assert.ok(left > 0 && left <= 5000, String(left))
  connection.deadline = Date.now() - 1
  await assert.rejects(told.GET(new Request('http://a/'), connection), { status: 504, code: 'deadline' })
})

test('as the resource of a route it keeps the user, the client and what the object declines', SOON, async (t) => {
  const scheme = { identify: () => ({ name: 'anna', groups: ['a,b'] }), challenge: () => 'Test' }
  const site = new Site({
    routes: [
      { match: '/facts', resource: bind(await handle(), 'facts'), access: { scheme } },
      { match: '/declines', resource: bind(await handle(), 'declines') },
      { match: '/*', resource: () => new Response('next') },
    ],
  })
  const engine = new Engine(site, { trustedProxies: ['loopback'] })
  const { url } = await engine.listen({ port: 0 })
  t.after(() => engine.close())
  const got = JSON.parse(String((await ask(url, '/facts', { headers: { forwarded: 'for=203.0.113.9' } })).body))
  assert.deepEqual([got.user, got.clientAddress], [{ name: 'anna', groups: ['a,b'] }, '203.0.113.9'])
  assert.equal((await ask(url, '/declines')).status, 200)
})

test('a program that has called may end: nothing holds it', SOON, async (t) => {
  const program = join(import.meta.dirname, '../support/published-caller.js')
  const child = spawn(process.execPath, [program, await handle()], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (bytes) => {
    said += bytes
  })
  const [code] = await once(child, 'close')
  assert.deepEqual([code, said], [0, 'called\n'])
})

test('what cannot be bound is told at once', () => {
  assert.throws(
    () => bind('fastcgi:unix:/a', 'echo@paul'),
    /names an object of a site: bind takes the name alone, echo/,
  )
  assert.throws(() => bind('fastcgi:unix:/a', '../x'), /is no name of an object/)
  assert.throws(() => bind('command:node a.mjs', 'echo'), /is not for others to call: bind takes fastcgi:ADDRESS/)
  assert.throws(() => bind('paul', 'echo'), /"paul" is no binding handle: expected module:FILE/)
  assert.throws(() => bind('http://a/', 'echo'), /is no binding handle/)
})

test('a request of another kind is told from ours', SOON, async () => {
  const foreign = new globalThis.Request('http://a/') as never
  await assert.rejects(bind(await handle(), 'echo').GET(foreign), /is asked by a path, a URL or a Request of oriel/)
})

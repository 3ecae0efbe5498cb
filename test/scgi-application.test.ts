import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Connection } from '../src/message/connection.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { callOf, type ScgiOptions, type ScgiServer, serveScgi, webServerUser } from '../src/scgi.ts'
import { Site } from '../src/site/site.ts'
import { makeFolder, patterned } from './support/folder.ts'
import { gate } from './support/gate.ts'
import { Reports } from './support/reports.ts'
import { request, ScgiEnd } from './support/scgi-end.ts'

const SOON = { timeout: 20_000 }

async function start(t: TestContext, app: unknown, options: ScgiOptions = {}): Promise<ScgiServer> {
  const server = await serveScgi(app, { listen: '127.0.0.1:0', stopTimeout: 100, ...options })
  t.after(() => server.close())
  return server
}

async function open(t: TestContext, { address }: ScgiServer): Promise<ScgiEnd> {
  const end = await ScgiEnd.open(address)
  t.after(() => end.socket.destroy())
  return end
}

const echo = async (asked: Request): Promise<Response> => new Response(await asked.bytes())

test('what SCGI tells reaches the handler', SOON, async (t) => {
  const server = await start(t, (asked: Request, connection: Connection) =>
    Response.json({
      path: asked.path,
      mount: asked.mount,
      rest: asked.rest,
      x: asked.headers.get('x'),
      address: connection.clientAddress,
      secure: connection.secure,
      user: connection.user?.name,
      own: callOf(connection)?.variable('MY_OWN'),
    }),
  )
  const variables = { SCRIPT_NAME: '/app', PATH_INFO: '/x', HTTPS: 'on', REMOTE_USER: 'ann', MY_OWN: 'v', HTTP_X: 'y' }
  const text = await (await open(t, server)).send(request({ path: '/app/x', variables })).answer()
  const [head = '', body = ''] = text.split('\r\n\r\n')
  assert.match(head, /^Status: 200 OK\r\nContent-Type: application\/json/)
  assert.deepEqual(JSON.parse(body), {
    path: '/app/x',
    mount: '/app',
    rest: '/x',
    x: 'y',
    address: '192.0.2.7',
    secure: true,
    user: 'ann',
    own: 'v',
  })
})

test('a Site routes the whole path; its guard may believe the web server', SOON, async (t) => {
  const resource = (_: Request, { user, means }: Connection): Response =>
    new Response(`${user?.name} by ${means?.type}`)
  const site = new Site({ routes: [{ match: '/in/*', resource, access: { scheme: webServerUser } }] })
  const server = await start(t, site)
  for (const [REMOTE_USER, status] of [
    ['', 401],
    ['ann', 200],
  ] as const) {
    const end = await open(t, server)
    const text = await end.send(request({ path: '/in/x', variables: { REMOTE_USER, AUTH_TYPE: 'Digest' } })).answer()
    assert.ok(text.startsWith(`Status: ${status} `), text)
    assert.equal(text.endsWith('ann by Digest'), status === 200)
  }
})

for (const kind of ['tcp', 'unix'] as const) {
  test(`over ${kind}, a request in pieces of one byte, and contents of all sizes`, SOON, async (t) => {
    const listen = kind === 'tcp' ? '127.0.0.1:0' : `unix:${join(makeFolder(), 'app.sock')}`
    const server = await start(t, echo, { listen, limits: { body: 1e7 } })
    const slow = await open(t, server)
    slow.socket.setNoDelay(true)
    for (const c of request({ method: 'POST', body: 'hello' })) {
      await new Promise<void>((resolve) => slow.socket.write(c, 'latin1', () => setImmediate(resolve)))
    }
    assert.match(await slow.answer(), /\r\n\r\nhello$/)
    for (const size of [0, 1, 65536, 3_000_000]) {
      const body = patterned(size).toString('latin1')
      const text = await (await open(t, server)).send(request({ method: 'POST', body })).answer()
      assert.ok(text.endsWith(`\r\n\r\n${body}`), String(size))
    }
  })
}

test('an answer is sent while it is made, and waits for a slow reader', SOON, async (t) => {
  const next = gate()
  let pulled = 0
  const made = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first')
    await next.passed
    for (; pulled < 400; pulled++) yield Buffer.alloc(65536, 'x')
  }
  const end = await open(t, await start(t, () => new Response(made())))
  end.send(request())
  await end.until(() => end.came.endsWith('first'))
  end.socket.pause()
  next.open()
  for (let before = -1; pulled === 0 || pulled > before; ) {
    before = pulled
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.ok(pulled < 400, 'all of it was pulled for nobody')
  end.socket.resume()
  const text = await end.answer()
  assert.equal(text.length - text.indexOf('first'), 5 + 400 * 65536)
  assert.equal(end.how, 'ended')
})

for (const [what, app] of [
  ['fails midway', () => new Response(failing())],
  ['is shorter than its head says', () => new Response(short(), { headers: { 'Content-Length': '9999999' } })],
] as const) {
  test(`an answer that ${what} ends in a reset`, SOON, async (t) => {
    const reports = new Reports()
    const end = await open(t, await start(t, app, { report: reports.report }))
    await end.send(request()).answer()
    assert.equal(end.how, 'reset')
    await reports.told('The answer broke off')
  })
}

async function* short(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(100_000)
  await new Promise((resolve) => setTimeout(resolve, 20))
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield* short()
  throw new Error('broken')
}

for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
  test(`a web server that goes by ${how} aborts the request, and who reads the content is told`, SOON, async (t) => {
    const came = gate()
    const told = gate<string>()
    const server = await start(t, async (asked: Request) => {
      came.open()
      const read = await asked.bytes().then(
        () => 'whole',
        () => 'failed',
      )
      if (!asked.signal.aborted) await new Promise((resolve) => asked.signal.addEventListener('abort', resolve))
      told.open(read)
      return new Response('')
    })
    const end = await open(t, server)
    end.send(request({ method: 'POST', body: 'x'.repeat(1000) }).slice(0, -1))
    await came.passed
    end.socket[how]()
    assert.equal(await told.passed, 'failed')
  })
}

test('a content that nobody reads stops the web server, and the answer comes all the same', SOON, async (t) => {
  const body = 'x'.repeat(20_000_000)
  const server = await start(t, () => new Response('no', { status: 403 }), { limits: { body: 1e9 } })
  const end = await open(t, server)
  assert.match(await end.send(request({ method: 'POST', body })).answer(), /^Status: 403 [\s\S]*no$/)
  assert.equal(end.how, 'ended')
})

for (const [what, text, status] of [
  ['a method that is none', request({ method: 'G T' }), 400],
  ['a target that is none', request({ path: '/%00' }), 400],
  ['a field that would split a message', request({ variables: { HTTP_X: 'a\r\nb' } }), 400],
  ['variables beyond the limit', `70000:${'x'.repeat(70_000)}`, 431],
  ['a content beyond the limit', request({ method: 'POST', body: 'x'.repeat(2_000_000) }), 413],
] as const) {
  test(`${what} is answered ${status}`, SOON, async (t) => {
    const end = await open(t, await start(t, echo))
    assert.ok((await end.send(text).answer()).startsWith(`Status: ${status} `))
    assert.equal(end.how, 'ended')
  })
}

for (const text of ['GET / HTTP/1.1\r\n\r\n', '5:abcde,', `0${request()}`, request().slice(0, -1).concat(';')]) {
  test(`${JSON.stringify(text.slice(0, 20))} is no SCGI: the connection is closed, and told`, SOON, async (t) => {
    const reports = new Reports()
    const end = await open(t, await start(t, echo, { report: reports.report }))
    assert.equal(await end.send(text).answer(), '')
    await reports.told('what came is no SCGI')
  })
}

test('connections that break off at each position of the head leave nothing behind', SOON, async (t) => {
  const server = await start(t, echo)
  const text = request({ method: 'POST', body: 'abc' })
  for (let cut = 0; cut < text.length; cut++) {
    const end = await open(t, server)
    if (cut > 0) end.send(text.slice(0, cut))
    if (cut % 2 === 0) end.socket.end()
    else end.socket.resetAndDestroy()
  }
  assert.match(await (await open(t, server)).send(text).answer(), /abc$/)
})

test('more connections than allowed are closed', SOON, async (t) => {
  const held = gate()
  const came = gate()
  const reports = new Reports()
  const options = { maxConnections: 1, report: reports.report }
  const server = await start(
    t,
    async () => {
      came.open()
      await held.passed
      return new Response('done')
    },
    options,
  )
  const first = (await open(t, server)).send(request())
  await came.passed
  assert.equal(await (await open(t, server)).send(request()).answer(), '')
  await reports.told('maxConnections')
  held.open()
  assert.match(await first.answer(), /done$/)
})

test('a stop lets what runs be answered, and cuts what takes too long', SOON, async (t) => {
  const held = gate()
  const came = gate()
  const server = await start(t, async (asked: Request) => {
    if (asked.path === '/slow') came.open()
    await (asked.path === '/slow' ? held.passed : new Promise(() => {}))
    return new Response('done')
  })
  const [slow, stuck] = [await open(t, server), await open(t, server)]
  stuck.send(request({ path: '/stuck' }))
  slow.send(request({ path: '/slow' }))
  await came.passed
  const closed = server.close()
  held.open()
  assert.match(await slow.answer(), /done$/)
  await closed
  assert.equal(await stuck.answer(), '')
})

test('what cannot be served or listened on is said', SOON, async () => {
  await assert.rejects(serveScgi(7, { listen: '127.0.0.1:0' }), TypeError)
  await assert.rejects(serveScgi(echo, { listen: 'nowhere' }), /is no address/)
  await assert.rejects(serveScgi(echo, { listen: '127.0.0.1:0', maxHead: 0 }), /maxHead is 0/)
})

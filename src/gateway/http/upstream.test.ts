import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { inMemory, inPieces } from '../../../test/support/fastcgi-call.ts'
import { makeFolder } from '../../../test/support/folder.ts'
import { gate } from '../../../test/support/gate.ts'
import { callUpstream, noUpstreamLeft, type UpstreamCallOptions } from '../../../test/support/http-call.ts'
import { freePorts } from '../../../test/support/ports.ts'
import { type Asked, answerOf, ScriptedUpstream } from '../../../test/support/scripted-upstream.ts'
import { Headers } from '../../message/headers.ts'
import type { Call, CallEnd, CallEvents, Content, Upstream } from '../call.ts'
import { openConnections } from './connection.ts'
import { type HttpUpstreamOptions, httpUpstream } from './upstream.ts'

const LIMIT = { timeout: 20_000 }
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await noUpstreamLeft()
})

function way(options: HttpUpstreamOptions): Upstream {
  const upstream = httpUpstream(options)
  closing.push(() => upstream.close())
  return upstream
}

async function scripted(script: (asked: Asked) => void, options: Partial<HttpUpstreamOptions> = {}) {
  const server = new ScriptedUpstream(script)
  const address = await server.listen()
  closing.push(() => server.close())
  const upstream = way({ address, ...options })
  const ask = (asked: UpstreamCallOptions = {}): Promise<string> =>
    callUpstream(upstream.open, asked).outcome.then((text) => text.replaceAll(address, 'A'))
  return { server, address, upstream, ask }
}

async function node(listener: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const upstream = way({ address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  return { server, upstream }
}

test('a request is sent as its lines say, with its framing', LIMIT, async () => {
  const { server, ask } = await scripted(({ socket }) => socket.write(answerOf('hello')))
  assert.equal(await ask({ path: '/a?b' }), '200 hello')
  assert.equal(await ask({ method: 'POST', content: inMemory('x'.repeat(20_000)) }), '200 hello')
  assert.equal(await ask({ method: 'PUT', content: inPieces(['ab', 'c'.repeat(20_000)]) }), '200 hello')
  assert.equal(await ask({ takesTrailers: true }), '200 hello')
  assert.deepEqual(
    server.asked.map(({ head, content, turn }) => [head, content.length, turn]),
    [
      ['GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n', 0, 1],
      ['POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n', 20_000, 2],
      ['PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 20002\r\n\r\n', 20_002, 3],
      ['GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE\r\n\r\n', 0, 4],
    ],
  )
})

test('content and trailers of unknown length go both ways, as slowly as they are read', LIMIT, async () => {
  const { upstream } = await node((request, response) => {
    response.writeHead(200, { Trailer: 'X-Back' })
    request.on('end', () => response.addTrailers({ 'X-Back': `${request.trailers['x-there']}` }))
    request.pipe(response)
  })
  const source = (async function* () {
    for (let i = 0; i < 300; i++) yield Buffer.alloc(i * 150, String(i % 10))
  })()
  const content: Content = { size: undefined, source, trailers: () => new Headers({ 'X-There': 'sum' }), close() {} }
  const outcome = await callUpstream(upstream.open, { method: 'POST', content }).outcome
  assert.match(outcome, /^200 1+2+/)
  assert.match(outcome, /9 X-Back,sum$/)
  assert.equal(outcome.length, '200  X-Back,sum'.length + (299 * 300 * 150) / 2)
})

test('HEAD, 204 and 304 have no content, and their connection is used again', LIMIT, async () => {
  const { server, ask } = await scripted(({ socket, path }) => {
    const status = path === '/' ? 200 : Number(path.slice(1))
    socket.write(`HTTP/1.1 ${status} X\r\n${status === 204 ? '' : 'Content-Length: 5\r\n'}\r\n`)
  })
  assert.equal(await ask({ method: 'HEAD' }), '200 ')
  assert.equal(await ask({ path: '/204' }), '204 ')
  assert.equal(await ask({ path: '/304' }), '304 ')
  assert.equal(server.accepted, 1)
})

test('informational answers are passed on', LIMIT, async () => {
  const { upstream } = await scripted(({ socket }) => {
    socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${answerOf('hello')}`)
  })
  const called = callUpstream(upstream.open)
  assert.equal(await called.outcome, '200 hello')
  assert.deepEqual(called.informed, [103])
})

/** Tells what a wire tells, in one line each. */
class Listener implements CallEvents {
  readonly told: string[] = []
  readonly end = gate<CallEnd>()
  answered(head: { status: number | undefined }): void {
    this.told.push(`answered ${head.status}`)
  }
  output(bytes: Uint8Array): void {
    this.told.push(`output ${Buffer.from(bytes).toString('latin1')}`)
  }
  errorOutput(): void {}
  drained(): void {}
  inputClosed(): void {
    this.told.push('input closed')
  }
  ended(end: CallEnd): void {
    this.told.push(end.error === undefined ? 'ended' : `${end.error.status}`)
    this.end.open(end)
  }
}

function callFor(lines: string): Call {
  return { request: { method: 'GET' }, variables: [], lines, content: undefined, tried: undefined } as unknown as Call
}

test('a small answer that came in one read is told in one go', LIMIT, async () => {
  const { upstream } = await scripted(({ socket }) => socket.write(answerOf('hello')))
  let told = 0
  class Noting extends Listener {
    override answered(head: { status: number | undefined }): void {
      super.answered(head)
      queueMicrotask(() => {
        told = this.told.length
      })
    }
  }
  const listener = new Noting()
  const wire = upstream.open(callFor('GET / HTTP/1.1\r\nHost: h\r\n'), listener)
  assert.equal(wire.fed, true)
  await listener.end.passed
  assert.equal(told, 3)
  assert.deepEqual(listener.told, ['answered 200', 'output hello', 'ended'])
})

test(
  'a protocol that was asked for is switched to: the socket is the caller’s, with what came behind the head',
  LIMIT,
  async () => {
    const { server, upstream } = await node(() => {})
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nfirst')
      socket.on('data', (bytes) => socket.write(bytes))
      socket.on('end', () => socket.end())
    })
    const { head, switched } = await callUpstream(upstream.open, { upgrade: 'echo' }).answered
    assert.deepEqual([head.status, head.headers.get('upgrade'), String(switched?.rest)], [101, 'echo', 'first'])
    const { socket } = switched ?? assert.fail('it was not switched')
    assert.equal(openConnections(), 0)
    const echoed = new Promise((resolve) => socket.on('data', resolve))
    socket.write('second')
    assert.equal(String(await echoed), 'second')
    const closed = new Promise<void>((resolve) => socket.on('close', resolve))
    socket.end()
    await closed
  },
)

test('an answer that does not switch is one like any other', LIMIT, async () => {
  const { server, ask } = await scripted(({ socket }) => socket.write(answerOf('no', '', '426 Upgrade Required')))
  assert.equal(await ask({ upgrade: 'websocket' }), '426 no')
  assert.match(server.asked[0]?.head ?? '', /\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n$/)
  assert.equal(await ask(), '426 no')
  assert.equal(server.accepted, 1)
})

for (const [what, fields, options, connections] of [
  ['says nothing of it', '', {}, 1],
  ['closes', 'Connection: close\r\n', {}, 2],
  ['lets it rest for a second less one', 'Keep-Alive: timeout=1\r\n', {}, 2],
  ['may keep none', '', { keepAlive: 0 }, 2],
] as const) {
  test(
    `two requests, one after the other, to an upstream that ${what}, take ${connections} connections`,
    LIMIT,
    async () => {
      const { server, ask } = await scripted(({ socket }) => socket.write(answerOf('a', fields)), options)
      assert.deepEqual([await ask(), await ask()], ['200 a', '200 a'])
      assert.equal(server.accepted, connections)
      assert.equal(/Connection: close/.test(server.asked[0]?.head ?? ''), 'keepAlive' in options)
    },
  )
}

test('a connection that has rested for long enough is closed', LIMIT, async () => {
  const closed = gate()
  const { ask } = await scripted(
    ({ socket }) => {
      socket.on('close', () => closed.open())
      socket.write(answerOf('a'))
    },
    { keepAlive: 300 },
  )
  assert.equal(await ask(), '200 a')
  await closed.passed
})

test('no more connections than allowed: others wait, and beyond the queue there is a 503', LIMIT, async () => {
  const held: Asked[] = []
  const both = gate()
  const { server, ask } = await scripted(
    (asked) => {
      held.push(asked)
      if (held.length === 2) both.open()
    },
    { connections: 2, queue: 1 },
  )
  const first = [ask({ path: '/1' }), ask({ path: '/2' })]
  const content = { size: undefined, source: inPieces(['ab', 'c']).source, close() {} } as Content
  const waiting = ask({ method: 'POST', path: '/3', content })
  assert.equal(await ask({ path: '/4' }), '503 A: 1 requests wait for it already (queue)')
  await both.passed
  server.refuses = (head) =>
    head.startsWith('POST')
      ? { answer: '', data: (text, socket) => void (/0\r\n\r\n$/.test(text) && socket.write(answerOf('posted'))) }
      : undefined
  for (const { socket } of held) socket.write(answerOf('held'))
  assert.deepEqual(await Promise.all([...first, waiting]), ['200 held', '200 held', '200 posted'])
  assert.equal(server.accepted, 2)
})

test('one that waits and is wanted no more leaves the queue', LIMIT, async () => {
  const held = gate<Asked>()
  const { server, ask } = await scripted((asked) => held.open(asked), { connections: 1, queue: 1 })
  const first = ask()
  const stop = new AbortController()
  const second = ask({ signal: stop.signal, path: '/2' })
  stop.abort(new Error('gone'))
  await second
  const third = ask({ path: '/3' })
  const { socket } = await held.passed
  socket.write(answerOf('first'))
  assert.equal(await first, '200 first')
  while (server.asked.length < 2) await new Promise(setImmediate)
  socket.write(answerOf('third'))
  assert.equal(await third, '200 third')
  assert.deepEqual(
    server.asked.map(({ path }) => path),
    ['/', '/3'],
  )
})

test('nobody listens: a 503 that says where and what to do, and another one may have the request', LIMIT, async () => {
  const [port] = await freePorts(1)
  const upstream = way({ address: `http://127.0.0.1:${port}`, name: 'shop' })
  const listener = new Listener()
  upstream.open(callFor('GET / HTTP/1.1\r\n'), listener)
  const { error, unbegun, again } = await listener.end.passed
  assert.deepEqual([error?.status, unbegun, again], [503, true, undefined])
  assert.match(String(error?.cause), /^GatewayFault: shop: nobody listens there; start the application/)
})

test('an upstream is reached over a Unix socket, and one that is not there is named', LIMIT, async () => {
  const path = join(makeFolder(), 'a.sock')
  const server = new ScriptedUpstream(({ socket }) => socket.write(answerOf('unix')))
  const address = await server.listen({ path })
  closing.push(() => server.close())
  const upstream = way({ address })
  assert.equal(await callUpstream(upstream.open).outcome, '200 unix')
  const nowhere = way({ address: `unix:${path}-not` })
  assert.match(await callUpstream(nowhere.open).outcome, /^503 unix:.*-not: there is no such socket/)
})

test('two ways to one upstream share its connections, and the last one that is closed closes them', LIMIT, async () => {
  const { server, address, upstream } = await scripted(({ socket }) => socket.write(answerOf('a')))
  const other = httpUpstream({ address })
  await callUpstream(upstream.open).outcome
  await callUpstream(other.open).outcome
  assert.equal(server.accepted, 1)
  upstream.close()
  upstream.close()
  await callUpstream(other.open).outcome
  assert.equal(server.accepted, 1)
  other.close()
  await noUpstreamLeft()
  // What is still under way when a site is replaced is answered all the same, but nothing is kept.
  assert.equal(await callUpstream(other.open).outcome, '200 a')
  await noUpstreamLeft()
})

test('connections that rest hold no process open', LIMIT, async () => {
  const { address } = await scripted(({ socket }) => socket.write(answerOf('a')))
  const code = `
    const { httpUpstream } = await import(${JSON.stringify(new URL('./upstream.js', import.meta.url).href)})
    const { open } = httpUpstream({ address: ${JSON.stringify(address)}, keepAlive: 600000 })
    const events = { answered() {}, output() {}, ended: ({ error }) => console.log(error ?? 'ended') }
    open({ request: { method: 'GET' }, lines: 'GET / HTTP/1.1\\r\\nHost: h\\r\\n' }, events)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (bytes) => {
    said += bytes
  })
  const [status] = await once(child, 'close')
  assert.deepEqual([status, said], [0, 'ended\n'])
})

for (const options of [
  { address: 'nowhere' },
  { address: 'http://h', connections: 0 },
  { address: 'http://h', queue: -1 },
  { address: 'http://h', connectTimeout: 0 },
  { address: 'http://h', keepAlive: 1.5 },
]) {
  test(`${JSON.stringify(options)} cannot be`, () => assert.throws(() => httpUpstream(options), TypeError))
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Request } from '../src/message/request.ts'
import { Response, type UpgradedSocket } from '../src/message/response.ts'
import { fieldOfAnswer } from './support/answers.ts'
import { type EngineUnderTest, startEngine } from './support/engine.ts'

const SOON = { timeout: 20_000 }
const ASKED = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: shout\r\n\r\n'

/** Sends back in capitals what it gets, and ends when the other side does. */
function shout(socket: UpgradedSocket, head: Uint8Array): void {
  const say = (chunk: Uint8Array): void => void socket.write(Buffer.from(chunk).toString('latin1').toUpperCase())
  if (head.byteLength > 0) say(head)
  socket.on('data', say)
  socket.on('end', () => socket.end())
}

function switched(status = 101): Response {
  return new Response(null, { status, headers: { Upgrade: 'shout' }, upgrade: shout })
}

function shouting(t: TestContext, later: boolean): Promise<EngineUnderTest> {
  return startEngine(t, { handler: () => (later ? Promise.resolve().then(() => switched()) : switched()) })
}

for (const later of [false, true]) {
  const when = later ? 'later' : 'at once'
  test(
    `a resource that answers 101 ${when} takes the connection over, with the bytes behind the head`,
    SOON,
    async (t) => {
      const under = await shouting(t, later)
      const client = await under.connect()
      client.send(`${ASKED}hello, `)
      const answer = await client.answer()
      assert.equal(answer.status, 101)
      assert.equal(fieldOfAnswer(answer, 'upgrade'), 'shout')
      assert.equal(fieldOfAnswer(answer, 'connection'), 'Upgrade')
      assert.ok(fieldOfAnswer(answer, 'date'))
      client.send('world')
      await client.until(() => client.rest === 'HELLO, WORLD')
      client.end()
      assert.equal(await client.closed(), 'end')
      const [record] = await under.logged(1)
      assert.equal(record?.status, 101)
    },
  )
}

test('bytes that arrive in another piece before the answer are handed over too', SOON, async (t) => {
  const received = once(process, 'test:second-piece')
  const under = await startEngine(t, {
    handler: async () => {
      await received
      return switched()
    },
  })
  const client = await under.connect()
  client.send(ASKED)
  client.send('first ')
  await new Promise<void>((resolve) => client.socket.write('second', () => resolve()))
  process.emit('test:second-piece' as 'beforeExit', 0)
  await client.answer()
  await client.until(() => client.rest === 'FIRST SECOND')
})

test('what the taker of a connection has in hand stays its own, whatever others send meanwhile', SOON, async (t) => {
  let taken: { socket: Socket; head: Uint8Array } | undefined
  const under = await startEngine(t, {
    handler: (request) => {
      if (request.method === 'POST') return request.text().then((text) => new Response(text))
      const upgrade = (socket: UpgradedSocket, head: Uint8Array): void => {
        taken = { socket: socket as unknown as Socket, head }
      }
      return new Response(null, { status: 101, headers: { Upgrade: 'shout' }, upgrade })
    },
  })
  const [client, other] = [await under.connect(), await under.connect()]
  const others = async (): Promise<void> => {
    other.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n\r\n${'x'.repeat(400)}`)
    assert.equal((await other.answer()).body.length, 400)
  }
  client.send(`${ASKED}behind`)
  await client.answer()
  await others()
  assert.ok(taken !== undefined)
  const { socket, head } = taken
  assert.equal(Buffer.from(head).toString(), 'behind')
  client.send('not listened to yet')
  while (socket.readableLength === 0) await new Promise((resolve) => setImmediate(resolve))
  await others()
  const [chunk] = await once(socket, 'data')
  assert.equal(String(chunk), 'not listened to yet')
  socket.destroy()
})

test('after a take-over neither deadlines nor the count of requests concern the connection', SOON, async (t) => {
  const under = await startEngine(t, {
    handler: () => switched(),
    limits: { requestsPerConnection: 1 },
    timeouts: { idle: 40, head: 40, linger: 40 },
  })
  const taken = await under.connect()
  taken.send(ASKED)
  await taken.answer()
  const idle = await under.connect()
  await idle.closed()
  taken.send('still here')
  await taken.until(() => taken.rest === 'STILL HERE')
  taken.end()
  await taken.closed()
})

const NOT_ASKED: readonly (readonly [string, string])[] = [
  ['no Upgrade', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an Upgrade that Connection does not name', 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: shout\r\n\r\n'],
  ['a Connection that names an Upgrade that is not there', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n'],
  ['HTTP/1.0, which has no Upgrade', 'GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n'],
]

for (const [what, request] of NOT_ASKED) {
  test(`a resource that takes over is an error of the site where the client sent ${what}`, SOON, async (t) => {
    const under = await shouting(t, false)
    const client = await under.connect()
    client.send(request)
    assert.equal((await client.answer()).status, 500)
    assert.match(String(under.reports[0]?.fields?.['error']), /had not asked/)
  })
}

test(
  'a take-over before the body of the request has come would read it as the new protocol: 500, closed',
  SOON,
  async (t) => {
    const under = await shouting(t, false)
    const client = await under.connect()
    client.send(ASKED.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 10\r\n\r\n12345'))
    const answer = await client.answer()
    assert.equal(answer.status, 500)
    client.send('67890')
    client.end()
    await client.closed()
    assert.doesNotMatch(client.text, /1234|6789/)
  },
)

test('a body that was read to its end allows the take-over behind it', SOON, async (t) => {
  const under = await startEngine(t, {
    handler: async (request: Request) => {
      await request.text()
      return switched()
    },
  })
  const client = await under.connect()
  client.send(ASKED.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 10\r\n\r\n1234567890abc'))
  assert.equal((await client.answer()).status, 101)
  await client.until(() => client.rest === 'ABC')
})

test('CONNECT becomes a tunnel where a resource makes one (RFC 9110 §9.3.6)', SOON, async (t) => {
  const seen: string[] = []
  const under = await startEngine(t, {
    handler: (request) => {
      seen.push(`${request.method} ${request.target}`)
      return new Response(null, { upgrade: shout })
    },
  })
  const client = await under.connect()
  client.send('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\nhello')
  const answer = await client.answer('CONNECT')
  assert.equal(answer.status, 200)
  assert.equal(fieldOfAnswer(answer, 'content-length'), undefined)
  assert.equal(fieldOfAnswer(answer, 'transfer-encoding'), undefined)
  await client.until(() => client.rest === 'HELLO')
  assert.deepEqual(seen, ['CONNECT example.org:443'])
})

test('CONNECT is never answered 2xx without a tunnel: what follows would be read as requests', SOON, async (t) => {
  const seen: string[] = []
  const under = await startEngine(t, {
    handler: (request) => {
      seen.push(request.method)
      return new Response('fine')
    },
  })
  const client = await under.connect()
  client.send('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\nGET /inner HTTP/1.1\r\nHost: a\r\n\r\n')
  const answer = await client.answer()
  assert.equal(answer.status, 500)
  assert.equal(fieldOfAnswer(answer, 'connection'), 'close')
  await client.closed()
  assert.deepEqual(seen, ['CONNECT'])
})

test(
  'a socket that was taken over is the resource’s own: of the engine only its errors stay heard',
  SOON,
  async (t) => {
    let taken: Socket | undefined
    const under = await startEngine(t, {
      handler: () =>
        new Response(null, {
          status: 101,
          headers: { Upgrade: 'x' },
          upgrade: (socket) => {
            taken = socket as unknown as Socket
          },
        }),
    })
    const client = await under.connect()
    client.send(ASKED)
    await client.answer()
    assert.deepEqual(
      ['data', 'end', 'timeout', 'drain', 'error'].map((event) => taken?.listenerCount(event)),
      // Node's own socket listens for `end`.
      [0, 1, 0, 0, 1],
    )
    assert.equal(taken?.timeout ?? 0, 0)
    assert.equal(under.engine.connections, 1)
    taken?.destroy()
    await client.closed()
  },
)

test('a client that resets a connection that was taken over ends nothing but that', SOON, async (t) => {
  const under = await startEngine(t, { handler: () => switched() })
  const client = await under.connect()
  client.send(ASKED)
  await client.answer()
  client.socket.resetAndDestroy()
  const other = await under.connect()
  other.send(ASKED)
  assert.equal((await other.answer()).status, 101)
})

for (const later of [false, true]) {
  test(`a take-over that throws ${later ? 'later' : 'at once'} costs its own connection only`, SOON, async (t) => {
    const headers = { Upgrade: 'shout' }
    const upgrade = (): never => assert.fail('while it takes over')
    const failing = (): Response => new Response(null, { status: 101, headers, upgrade })
    const under = await startEngine(t, {
      routes: [
        { match: '/', resource: () => (later ? Promise.resolve().then(failing) : failing()) },
        { match: '/well', resource: () => switched() },
      ],
    })
    const client = await under.connect()
    client.send(ASKED)
    await client.closed()
    await under.reported('could not be written')
    const other = await under.connect()
    other.send(ASKED.replace('/', '/well'))
    assert.equal((await other.answer()).status, 101)
  })
}

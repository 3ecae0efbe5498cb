import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '../src/message/errors.ts'
import type { Handler } from '../src/message/interface.ts'
import { Response } from '../src/message/response.ts'
import { fieldOfAnswer, readAnswers } from './support/answers.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { gate } from './support/gate.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'

const SOON = { timeout: 20_000 }
const KIB = 1024

const echo: Handler = async (request) => new Response(await request.text())

function post(size: number | 'chunked', more = ''): string {
  const framing = size === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${size}`
  return `POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n${more}\r\n`
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test(
  '100 Continue is sent when the resource first reads the body, and not before (RFC 9110 §10.1.1)',
  SOON,
  async () => {
    const look = gate()
    const { engine } = new EngineUnderTest({
      handler: async (request) => {
        await look.passed
        return new Response(await request.text())
      },
    })
    const ends = connectInMemory(engine)
    ends.give(post(5, 'Expect: 100-continue\r\n'))
    await settled()
    assert.equal(ends.read, '')
    look.open()
    await settled()
    assert.equal(ends.read, 'HTTP/1.1 100 Continue\r\n\r\n')
    ends.give('hello')
    await settled()
    const { answers } = readAnswers(ends.read, [], false)
    assert.deepEqual([answers[0]?.interim, answers[0]?.body], [[100], 'hello'])
    ends.give(GET)
    await settled()
    assert.equal(readAnswers(ends.read, [], false).answers.length, 2)
  },
)

test('100 Continue is sent before the head of an answer that streams the body back', SOON, async () => {
  const { engine } = new EngineUnderTest({ handler: (request) => new Response(request.body) })
  const ends = connectInMemory(engine)
  ends.give(post(5, 'Expect: 100-continue\r\n'))
  await settled()
  assert.match(ends.read, /^HTTP\/1\.1 100 Continue\r\n\r\n/)
  ends.give('hello')
  await settled()
  const { answers } = readAnswers(ends.read, [], false)
  assert.deepEqual([answers[0]?.interim, answers[0]?.status, answers[0]?.body], [[100], 200, 'hello'])
})

test(
  'a resource that does not want the body answers without 100 Continue, and the connection is closed',
  SOON,
  async (t) => {
    const under = await startEngine(t, { handler: () => new Response('no, thanks', { status: 403 }) })
    const client = await under.connect()
    client.send(post(5, 'Expect: 100-continue\r\n'))
    const answer = await client.answer()
    assert.deepEqual([answer.status, answer.interim, fieldOfAnswer(answer, 'connection')], [403, [], 'close'])
    assert.equal(await client.closed(), 'end')
  },
)

test('a client that sent its body without waiting is not told to continue', SOON, async () => {
  const { engine } = new EngineUnderTest({ handler: echo })
  const ends = connectInMemory(engine)
  ends.give(`${post(5, 'Expect: 100-continue\r\n')}hello`)
  await settled()
  assert.deepEqual(readAnswers(ends.read, [], false).answers[0]?.interim, [])
})

test('HTTP/1.0 and a request without a body know no 100 Continue', SOON, async () => {
  for (const request of [
    'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n',
    post(0, 'Expect: 100-continue\r\n'),
  ]) {
    const { engine } = new EngineUnderTest({ handler: echo })
    const ends = connectInMemory(engine)
    ends.give(request)
    await settled()
    if (request.includes('Length: 5')) ends.give('hello')
    await settled()
    const { answers } = readAnswers(ends.read, [], true)
    assert.deepEqual([answers.length, answers[0]?.status, answers[0]?.interim], [1, 200, []], request)
  }
})

test('another expectation is 417, and nothing behind it is answered (RFC 9110 §10.1.1)', SOON, async (t) => {
  for (const expectation of ['200-ok', '100-continue, 200-ok', '100-continue;a=b', '']) {
    const under = await startEngine(t, { handler: echo })
    const client = await under.connect()
    client.send(`${post(5, `Expect: ${expectation}\r\n`)}hello${GET}`)
    const answer = await client.answer()
    assert.deepEqual([answer.status, fieldOfAnswer(answer, 'connection')], [417, 'close'], expectation)
    assert.equal(await client.closed(), 'end')
    assert.equal(client.rest, '')
  }
})

test('a length beyond the limit is 413 before 100 Continue, and the resource is not asked', SOON, async (t) => {
  let asked = 0
  const under = await startEngine(t, {
    bodyLimit: 10,
    handler: () => {
      asked++
      return new Response()
    },
  })
  const client = await under.connect()
  client.send(post(11, 'Expect: 100-continue\r\n'))
  const answer = await client.answer()
  assert.deepEqual([answer.status, answer.interim, asked], [413, [], 0])
  assert.equal(await client.closed(), 'end')
})

test('a route may take less than the site: its limit counts', SOON, async (t) => {
  const under = await startEngine(t, {
    routes: [
      { match: '/small', resource: echo, limits: { body: 3 } },
      { match: '/*', resource: echo },
    ],
  })
  const client = await under.connect()
  client.send(`${post(4)}1234${post(4).replace('/', '/small')}1234`)
  assert.equal((await client.answer()).status, 200)
  assert.equal((await client.answer()).status, 413)
})

test('a chunked body beyond the limit is 413 as soon as it is beyond it', SOON, async (t) => {
  const under = await startEngine(t, { handler: echo, bodyLimit: 10 })
  const client = await under.connect()
  client.send(`${post('chunked')}8\r\n12345678\r\n`)
  client.send('8\r\n12345678\r\n')
  assert.equal((await client.answer()).status, 413)
})

test('a small body that nobody read is dropped, and the connection goes on', SOON, async () => {
  for (const chunked of [false, true]) {
    const { engine, records } = new EngineUnderTest({ handler: () => new Response('done') })
    const ends = connectInMemory(engine)
    const data = 'x'.repeat(5000)
    ends.give(chunked ? `${post('chunked')}1388\r\n` : post(5000))
    await settled()
    assert.match(ends.read, /done$/, 'the answer does not wait for the body')
    ends.give(data.slice(0, 2500))
    ends.give(`${data.slice(2500)}${chunked ? '\r\n0\r\n\r\n' : ''}${GET}`)
    await settled()
    assert.deepEqual(
      readAnswers(ends.read, [], false).answers.map(({ body, fields }) => [body, fields.length]),
      [
        ['done', 3],
        ['done', 3],
      ],
    )
    assert.equal(records.length, 2)
  }
})

test(
  'a large body that nobody read is not waited for: closed, but so that the client sees the answer',
  SOON,
  async (t) => {
    for (const size of [1024 * KIB, 'chunked'] as const) {
      const under = await startEngine(t, { handler: () => new Response('no', { status: 403 }) })
      const client = await under.connect()
      const chunk = `10000\r\n${'x'.repeat(65536)}\r\n`
      client.send(size === 'chunked' ? post(size) + chunk.repeat(16) : post(size) + 'x'.repeat(size))
      const answer = await client.answer()
      assert.equal(answer.status, 403)
      assert.equal(await client.closed(), 'end')
      client.send(GET)
      client.end()
      assert.equal(client.rest, '')
    }
  },
)

test('a chunked body without end that nobody reads is given up after 64 KiB', SOON, async () => {
  const { engine } = new EngineUnderTest({ handler: () => new Response('done') })
  const ends = connectInMemory(engine)
  ends.give(post('chunked'))
  await settled()
  for (let i = 0; i < 10 && !ends.socket.wasEnded; i++) {
    ends.give(`4000\r\n${'x'.repeat(16384)}\r\n`)
    await settled()
  }
  assert.equal(ends.socket.wasEnded, true)
})

test('a body that the client breaks off is an error for its reader, never the whole', SOON, async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['a length', `${post(10)}hello`],
    ['chunks', `${post('chunked')}5\r\nhello\r\n`],
    ['the middle of a chunk', `${post('chunked')}5\r\nhel`],
    ['the last chunk without its end', `${post('chunked')}5\r\nhello\r\n0\r\n`],
    ['the trailers', `${post('chunked')}5\r\nhello\r\n0\r\nX: y\r\n`],
  ]
  for (const [what, bytes] of cases) {
    let thrown: unknown
    const under = await startEngine(t, {
      handler: async (request) => {
        try {
          return new Response(await request.text())
        } catch (error) {
          thrown = error
          throw error
        }
      },
    })
    const client = await under.connect()
    client.send(bytes)
    client.end()
    const answer = await client.answer()
    assert.deepEqual([answer.status, fieldOfAnswer(answer, 'connection')], [400, 'close'], what)
    assert.ok(thrown instanceof HttpError, what)
    assert.equal(thrown.code, 'body-incomplete')
  }
})

test(
  'a body is not read ahead of its resource by more than a bound, and reading goes on when it is wanted',
  SOON,
  async () => {
    const read = gate()
    let bytes = 0
    const { engine } = new EngineUnderTest({
      bodyLimit: Number.POSITIVE_INFINITY,
      handler: async (request) => {
        await read.passed
        for await (const chunk of request.body ?? []) bytes += chunk.byteLength
        return new Response(String(bytes))
      },
    })
    const ends = connectInMemory(engine)
    const size = 1024 * KIB
    ends.give(post(size))
    let given = 0
    const piece = 'x'.repeat(16 * KIB)
    while (given < size && !ends.socket.isPaused()) {
      ends.give(piece)
      given += piece.length
      await settled()
    }
    assert.ok(given <= 96 * KIB, `${given} bytes were read for nobody`)
    read.open()
    while (given < size) {
      ends.give(piece)
      given += piece.length
      await settled()
    }
    assert.equal(readAnswers(ends.read, [], false).answers[0]?.body, String(size))
  },
)

test('a resource that reads only the beginning may answer, and the rest is dropped', SOON, async () => {
  const { engine } = new EngineUnderTest({
    handler: async (request) => {
      for await (const chunk of request.body ?? []) return new Response(Buffer.from(chunk).toString().slice(0, 3))
      return new Response('nothing')
    },
  })
  const ends = connectInMemory(engine)
  ends.give(`${post(10)}hello`)
  await settled()
  ends.give(`world${GET}`)
  await settled()
  assert.deepEqual(
    readAnswers(ends.read, [], false).answers.map(({ body }) => body),
    ['hel', 'nothing'],
  )
})

test(
  'a body that is malformed after the answer was sent closes the connection, and nothing behind it is answered',
  SOON,
  async () => {
    const { engine } = new EngineUnderTest({ handler: () => new Response('done') })
    const ends = connectInMemory(engine)
    ends.give(post('chunked'))
    await settled()
    ends.give(`zz\r\n${GET}`)
    await settled()
    assert.equal(readAnswers(ends.read, [], false).answers.length, 1)
    assert.equal(ends.socket.wasEnded, true)
  },
)

test('a chunked body with trailers gives them to the resource after its end', SOON, async () => {
  const { engine } = new EngineUnderTest({
    handler: async (request) => {
      const before = request.trailers.get('x-sum')
      const text = await request.text()
      return new Response(`${before} ${text} ${request.trailers.get('x-sum')}`)
    },
  })
  const ends = connectInMemory(engine)
  ends.give(`${post('chunked')}5;a=b\r\nhello\r\n`)
  await settled()
  ends.give('0\r\nX-Sum: 1\r\n\r\n')
  await settled()
  assert.equal(readAnswers(ends.read, [], false).answers[0]?.body, 'null hello 1')
})

test('a resource that ends with its client has not failed, and is not reported', SOON, async (t) => {
  const begun = gate()
  const under = await startEngine(t, {
    handler: (request, connection) => {
      begun.open()
      return echo(request, connection)
    },
  })
  const client = await under.connect()
  client.send(`${post(10)}half`)
  await begun.passed
  client.socket.resetAndDestroy()
  const [record] = await under.logged(1)
  assert.deepEqual([record?.aborted, under.reports], [true, []])
})

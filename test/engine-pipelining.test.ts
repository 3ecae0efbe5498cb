import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Response } from '../src/message/response.ts'
import { readAnswers } from './support/answers.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { gate } from './support/gate.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'

const SOON = { timeout: 20_000 }

function get(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
}

/** The bodies of the answers that were written so far. */
function bodies(text: string): string[] {
  return readAnswers(text, [], false).answers.map(({ body }) => body)
}

test('answers come in the order of the requests, however long each takes', SOON, async () => {
  const gates = new Map(['/a', '/b', '/c'].map((path) => [path, gate<Response>()]))
  const { engine } = new EngineUnderTest({
    handler: (request) => gates.get(request.path)?.passed ?? new Response(request.path),
  })
  const ends = connectInMemory(engine)
  ends.give(get('/now') + get('/a') + get('/b') + get('/then') + get('/c'))
  for (const path of ['/c', '/b']) gates.get(path)?.open(new Response(path))
  await settled()
  assert.deepEqual(bodies(ends.read), ['/now'])
  gates.get('/a')?.open(new Response('/a'))
  await settled()
  assert.deepEqual(bodies(ends.read), ['/now', '/a', '/b', '/then', '/c'])
})

test('a request is not given to its resource before the one ahead was answered', SOON, async () => {
  const seen: string[] = []
  const first = gate<Response>()
  const { engine } = new EngineUnderTest({
    handler: (request) => {
      seen.push(request.path)
      return request.path === '/first' ? first.passed : new Response()
    },
  })
  const ends = connectInMemory(engine)
  ends.give(get('/first') + get('/second'))
  await settled()
  assert.deepEqual(seen, ['/first'])
  first.open(new Response())
  await settled()
  assert.deepEqual(seen, ['/first', '/second'])
})

test('an answer that is ready is sent although the next request takes long', SOON, async () => {
  const slow = gate<Response>()
  const { engine } = new EngineUnderTest({
    handler: (request) => (request.path === '/slow' ? slow.passed : new Response('fast')),
  })
  const ends = connectInMemory(engine)
  ends.give(get('/fast') + get('/fast') + get('/slow'))
  await settled()
  assert.deepEqual(bodies(ends.read), ['fast', 'fast'])
  slow.open(new Response('slow'))
  await settled()
  assert.deepEqual(bodies(ends.read), ['fast', 'fast', 'slow'])
})

test('a client that closed its connection is found out while the resource is still silent', SOON, async (t) => {
  const [asked, left] = [gate(), gate()]
  const under = await startEngine(t, {
    handler: (request) => {
      request.signal.addEventListener('abort', () => left.open())
      asked.open()
      return new Promise<Response>(() => {})
    },
    // Ticks as short as they can be.
    timeouts: { head: 80 },
  })
  const client = await under.connect()
  client.send(get('/'))
  await asked.passed
  const { ticker } = under.engine
  const then = ticker.now
  client.destroy()
  await left.passed
  assert.ok(ticker.now - then < 20, `after ${ticker.now - then} ticks`)
})

test('all that was asked before the client ended its side is answered', SOON, async (t) => {
  const slow = gate<Response>()
  const under = await startEngine(t, {
    handler: (request) => (request.path === '/slow' ? slow.passed : new Response(request.path)),
  })
  const client = await under.connect()
  client.send(get('/now') + get('/slow') + get('/b') + get('/c'))
  client.end()
  assert.equal((await client.answer()).body, '/now')
  slow.open(new Response('/slow'))
  const answers = [await client.answer(), await client.answer(), await client.answer()]
  assert.deepEqual(
    answers.map(({ body }) => body),
    ['/slow', '/b', '/c'],
  )
  assert.equal(await client.closed(), 'end')
  assert.equal(client.rest, '')
})

test(
  'a head that began behind answers that the client does not read is not lost when it ends its side',
  SOON,
  async () => {
    const { engine } = new EngineUnderTest({ handler: (request) => new Response(request.path.padEnd(10_000)) })
    const ends = connectInMemory(engine)
    ends.socket.stuck = true
    ends.give(`${get('/1')}${get('/2')}GET /thi`)
    await settled()
    ends.give('rd HTTP/1.1\r\nHost: a\r\n\r\n')
    ends.end()
    await settled()
    ends.socket.unstick()
    await settled()
    assert.deepEqual(
      bodies(ends.read).map((body) => body.trim()),
      ['/1', '/2', '/third'],
    )
  },
)

test('a client that pipelines and does not read is soon not read from either, and gets all later', SOON, async () => {
  let answered = 0
  const { engine } = new EngineUnderTest({
    handler: () => {
      answered++
      return new Response('x'.repeat(1000))
    },
  })
  const ends = connectInMemory(engine)
  ends.socket.stuck = true
  const piece = get('/').repeat(1000)
  let given = 0
  while (!ends.socket.isPaused() && given < 100) {
    ends.give(piece)
    given++
    await settled()
  }
  assert.ok(given < 10, `${given * piece.length} bytes of requests were taken`)
  assert.ok(answered < 200, `${answered} answers were made for nobody`)
  ends.socket.unstick()
  await settled(given * 100)
  assert.equal(bodies(ends.read).length, given * 1000)
})

test(
  'requests that come in tiny pieces while one is answered are held in few of them, and answered later',
  SOON,
  async () => {
    const first = gate<Response>()
    const { engine } = new EngineUnderTest({
      handler: (request) => (request.path === '/first' ? first.passed : new Response(request.path)),
    })
    const ends = connectInMemory(engine)
    ends.give(get('/first'))
    await settled()
    const text = get('/next').repeat(100)
    let given = 0
    while (!ends.socket.isPaused() && given < text.length) ends.give(text.charAt(given++))
    assert.ok(given < 1000, `${given} pieces of one byte were held`)
    ends.give(text.slice(given))
    first.open(new Response('/first'))
    await settled(100)
    assert.deepEqual(bodies(ends.read), ['/first', ...Array.from({ length: 100 }, () => '/next')])
  },
)

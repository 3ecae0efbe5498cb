import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { Content, Upstream } from '../../src/gateway/call.ts'
import { type HttpUpstreamOptions, httpUpstream } from '../../src/gateway/http/upstream.ts'
import { inMemory } from '../support/fastcgi-call.ts'
import { gate } from '../support/gate.ts'
import { callUpstream, noUpstreamLeft, type UpstreamCallOptions } from '../support/http-call.ts'
import { type Asked, answerOf, ScriptedUpstream } from '../support/scripted-upstream.ts'

const LIMIT = { timeout: 30_000 }
const servers: ScriptedUpstream[] = []
const upstreams: Upstream[] = []

/** A server that does what its script says, but answers /ok well, and a way to it that keeps connections for long. */
async function start(script: (asked: Asked) => void, options: Partial<HttpUpstreamOptions> = {}) {
  const server = new ScriptedUpstream((asked) => (asked.path === '/ok' ? good(asked) : script(asked)))
  servers.push(server)
  const address = await server.listen()
  const upstream = httpUpstream({ address, keepAlive: 60_000, ...options })
  upstreams.push(upstream)
  const ask = (path: string, asked: UpstreamCallOptions = {}): Promise<string> =>
    callUpstream(upstream.open, { path, ...asked }).outcome.then((text) => text.replaceAll(address, 'A'))
  return { server, upstream, ask }
}

function good({ socket }: Asked): void {
  socket.write(answerOf('good'))
}

afterEach(async () => {
  for (const upstream of upstreams.splice(0)) upstream.close()
  // Those that are kept are closed by us, not by the end of the server.
  await noUpstreamLeft()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const BROKEN_OFF = 'broken off: 502 A: it closed the connection within its answer'

for (const how of ['reset', 'end'] as const) {
  test(
    `a connection that goes by ${how} after any byte of an answer gives a 502 or a broken-off answer`,
    LIMIT,
    async () => {
      const whole = `${HEAD}hello`
      const { server, ask } = await start(({ path, socket }) => {
        socket.write(whole.slice(0, Number(path.slice(1))), () =>
          how === 'reset' ? socket.resetAndDestroy() : socket.end(),
        )
      })
      assert.equal(await ask('/ok'), '200 good')
      for (let cut = 0; cut < whole.length; cut++) {
        const outcome = await ask(`/${cut}`)
        // A reset may overtake what was sent before it.
        const nothing = '502 A: it closed the connection without an answer'
        const expected = cut < HEAD.length ? [nothing] : how === 'end' ? [BROKEN_OFF] : [BROKEN_OFF, nothing]
        assert.ok(expected.includes(outcome), `${cut}: ${outcome}`)
        assert.equal(await ask('/ok'), '200 good')
      }
      const times = (path: string): number => server.asked.filter((asked) => asked.path === path).length
      // All came on a kept connection. Where that went without a byte, the request was sent once more, on a new one.
      assert.deepEqual([times('/0'), times('/20')], [2, 1])
    },
  )
}

for (const [what, said, expected] of [
  ['a length that is too long, and goes', `${HEAD}hel-END`, BROKEN_OFF],
  ['chunks without an end, and goes', `${CHUNKED}3\r\nhel\r\n-END`, BROKEN_OFF],
  ['half a chunk, and goes', `${CHUNKED}5\r\nhel-END`, BROKEN_OFF],
  ['a length that is too short', `${HEAD}hello, and more`, '200 hello'],
  ['two answers', `${HEAD}hello${HEAD}other`, '200 hello'],
  ['no length, and goes', 'HTTP/1.1 200 OK\r\n\r\nhello-END', '200 hello'],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhello-END', '200 hello'],
  ['a chunk that is none', `${CHUNKED}5\r\nhelloXX`, 'broken off: 502 A: it broke the protocol: no CRLF after a chunk'],
  [
    'a size that is none',
    `${CHUNKED}-5\r\nhello`,
    'broken off: 502 A: it broke the protocol: a chunk size is malformed',
  ],
  [
    'a 1xx flood',
    'HTTP/1.1 103 X\r\n\r\n'.repeat(1000),
    '502 A: it broke the protocol: it sent more than 32 informational answers',
  ],
  ['another protocol', 'SSH-2.0-OpenSSH\r\n', '502 A: it broke the protocol: its status line is malformed'],
  [
    'a head without an end',
    `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`,
    '502 A: it broke the protocol: its head has more than 65536 bytes or 200 fields',
  ],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    '502 A: it broke the protocol: its Content-Length is no length',
  ],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '502 A: it broke the protocol: it has both Transfer-Encoding and Content-Length',
  ],
  [
    '101 that nobody asked for',
    'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    '502 A: it broke the protocol: a switch of the protocol that nobody asked for',
  ],
] as const) {
  test(`an upstream that sends ${what}: ${expected}, and its connection is not used again`, LIMIT, async () => {
    const { server, ask } = await start(({ socket }) => {
      socket.write(said.replace(/-END$/, ''))
      if (said.endsWith('-END')) socket.end()
    })
    // The first connection is a kept one.
    assert.equal(await ask('/ok'), '200 good')
    const outcome = await ask('/fault')
    // What broke off within the first read has not begun for the client.
    assert.ok(outcome === expected || `broken off: ${outcome}` === expected, outcome)
    assert.equal(await ask('/ok'), '200 good')
    assert.equal(await ask('/ok'), '200 good')
    assert.equal(server.accepted, 2)
    assert.equal(server.asked.length, 4)
  })
}

test('a content where none may be is not read as the next answer', LIMIT, async () => {
  const { server, ask } = await start(({ socket }) => socket.write(answerOf('HTTP/1.1 200 OK\r\n\r\nevil')))
  assert.equal(await ask('/a', { method: 'HEAD' }), '200 ')
  assert.equal(await ask('/ok'), '200 good')
  assert.equal(server.accepted, 2)
})

test('what comes while a connection rests closes it, and is nobody’s answer', LIMIT, async () => {
  const closed = gate()
  const { server, ask } = await start(({ socket }) => {
    socket.on('close', () => closed.open())
    socket.write(answerOf('one'))
  })
  assert.equal(await ask('/a'), '200 one')
  server.asked[0]?.socket.write(answerOf('evil', '', '408 Request Timeout'))
  await closed.passed
  assert.equal(await ask('/ok'), '200 good')
  assert.equal(server.accepted, 2)
})

/** A content without an end, and how much of it was asked for. */
class Endless implements Content {
  readonly size: number | undefined
  pulled = 0
  /** Passed when nobody wants more of it. */
  readonly left = gate()
  readonly source: AsyncIterable<Uint8Array> = this.#pieces()

  constructor(size: number | undefined) {
    this.size = size
  }

  close(): void {}

  async *#pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        this.pulled++
        yield Buffer.alloc(65_536, 'x')
      }
    } finally {
      this.left.open()
    }
  }
}

for (const size of [undefined, 2 ** 40]) {
  test(
    `a 413 before the content was sent is delivered, and sending ends (${size === undefined ? 'chunked' : 'sized'})`,
    LIMIT,
    async () => {
      const closed = gate()
      const { server, ask } = await start(() => {})
      server.refuses = (head) => {
        if (!head.startsWith('POST')) return undefined
        return { answer: answerOf('too much', '', '413 Content Too Large'), closed: () => closed.open() }
      }
      const content = new Endless(size)
      assert.equal(await ask('/big', { method: 'POST', content }), '413 too much')
      await closed.passed
      assert.ok(content.pulled < 200, `${content.pulled} pieces`)
      assert.equal(await ask('/ok'), '200 good')
      assert.equal(server.accepted, 2)
    },
  )
}

test('an upstream that refuses a content is sent no more of it, however long its answer takes', LIMIT, async () => {
  const { server, ask } = await start(() => {})
  const content = new Endless(undefined)
  server.refuses = (_, socket) => {
    // The rest of the answer waits until nothing more is sent.
    content.left.passed.then(() => socket.write('ed')).catch(assert.ifError)
    return { answer: answerOf('refused', '', '403 Forbidden').slice(0, -2) }
  }
  assert.equal(await ask('/a', { method: 'POST', content }), '403 refused')
})

test('an upstream is read as slowly as the client reads', LIMIT, async () => {
  const size = 64 * 1024 * 1024
  let sent = 0
  const { upstream } = await start(({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
    const send = (): void => {
      while (sent < size) {
        sent += 65_536
        if (!socket.write(Buffer.alloc(65_536, 'x'))) return
      }
    }
    socket.on('drain', send)
    send()
  })
  const called = callUpstream(upstream.open)
  await called.answered
  // As long as it takes to send all of it, if it were read.
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.ok(sent < size / 4, `${sent} bytes`)
  assert.equal((await called.outcome).length, '200 '.length + size)
})

test('an upstream that answers while it still reads gets the rest', LIMIT, async () => {
  const half = gate()
  const answered = gate()
  const { server, upstream } = await start(() => {})
  let received = ''
  server.refuses = () => ({
    answer: `${CHUNKED}5\r\nearly\r\n`,
    data: (bytes, socket) => {
      received += bytes
      if (received.includes('second')) socket.write('4\r\nlate\r\n0\r\n\r\n')
    },
  })
  const source = (async function* () {
    yield Buffer.from('first')
    half.open()
    await answered.passed
    yield Buffer.from('second')
  })()
  const called = callUpstream(upstream.open, { method: 'POST', content: { size: undefined, source, close() {} } })
  const answer = await called.answered
  await half.passed
  answered.open()
  assert.equal(answer.head.status, 200)
  assert.equal(await called.outcome, '200 earlylate')
  assert.ok(received.endsWith('6\r\nsecond\r\n0\r\n\r\n'), received)
})

for (const [what, said, expected] of [
  ['before its answer', '', '504 upstream: no answer within 300 ms (timeouts.firstByte)'],
  ['within its head', 'HTTP/1.1 200 OK\r\nA: b', '504 upstream: no answer within 300 ms (timeouts.firstByte)'],
  [
    'after an informational answer',
    'HTTP/1.1 103 X\r\n\r\n',
    '504 upstream: no answer within 300 ms (timeouts.firstByte)',
  ],
  ['within its content', `${HEAD}hel`, 'broken off: 504 upstream: no answer within 300 ms (timeouts.idle)'],
  ['within a chunk', `${CHUNKED}5\r\nhel`, 'broken off: 504 upstream: no answer within 300 ms (timeouts.idle)'],
  [
    'before the end of the connection',
    'HTTP/1.1 200 OK\r\n\r\nhello',
    'broken off: 504 upstream: no answer within 300 ms (timeouts.idle)',
  ],
] as const) {
  test(`an upstream that hangs ${what} is given up in time, and its connection is closed`, LIMIT, async () => {
    const closed = gate()
    const { ask } = await start(({ socket }) => {
      socket.on('close', () => closed.open())
      socket.write(said)
    })
    assert.equal(await ask('/hang', { timeouts: { firstByte: 300, idle: 300 } }), expected)
    await closed.passed
    assert.equal(await ask('/ok'), '200 good')
  })
}

test('an upstream that does not read the request is given up in time', LIMIT, async () => {
  const { server, ask } = await start(() => {})
  server.refuses = (head, socket) => {
    if (!head.startsWith('POST')) return undefined
    socket.pause()
    return { answer: '' }
  }
  const content = new Endless(undefined)
  const outcome = await ask('/hang', { method: 'POST', content, timeouts: { firstByte: 300 } })
  assert.equal(outcome, '504 upstream: no answer within 300 ms (timeouts.firstByte)')
  // No more was pulled than the system takes.
  assert.ok(content.pulled < 500, `${content.pulled} pieces`)
})

for (const [method, content, expected, times] of [
  ['GET', undefined, '200 second', 2],
  ['DELETE', undefined, '200 second', 2],
  ['PUT', 'abc', '200 second', 2],
  ['POST', 'abc', '502 A: it closed the connection without an answer', 1],
  ['PATCH', 'abc', '502 A: it closed the connection without an answer', 1],
] as const) {
  test(
    `a kept connection that goes when ${method} comes: ${expected}, and it was read ${times} times`,
    LIMIT,
    async () => {
      const { server, ask } = await start(({ socket, turn }) => {
        if (turn > 1) socket.end()
        else socket.write(answerOf('second'))
      })
      assert.equal(await ask('/ok'), '200 good')
      const given = content === undefined ? undefined : inMemory(content)
      assert.equal(await ask('/worst', { method, content: given }), expected)
      assert.equal(server.asked.filter(({ path }) => path === '/worst').length, times)
      assert.equal(await ask('/ok'), '200 good')
    },
  )
}

test(
  'a request that must not be done twice goes on a connection that rested for less than a second',
  LIMIT,
  async () => {
    const { server, ask } = await start(() => {})
    await ask('/ok')
    assert.equal(await ask('/ok', { method: 'POST' }), '200 good')
    assert.equal(server.accepted, 1)
    await new Promise((resolve) => setTimeout(resolve, 1250))
    assert.equal(await ask('/ok', { method: 'POST' }), '200 good')
    assert.equal(server.accepted, 2)
    assert.equal(await ask('/ok'), '200 good')
    assert.equal(server.accepted, 2)
  },
)

test(
  'an upstream that closes all its kept connections at once loses no request that may be repeated',
  LIMIT,
  async () => {
    const held: Asked[] = []
    let round = 1
    const { server, ask } = await start((asked) => {
      if (round === 2 && asked.turn > 1) return void asked.socket.resetAndDestroy()
      held.push(asked)
      if (held.length === 20) for (const { socket } of held.splice(0)) socket.write(answerOf('answer'))
    })
    const all = (): Promise<string[]> => Promise.all(Array.from({ length: 20 }, () => ask('/a')))
    assert.deepEqual(new Set(await all()), new Set(['200 answer']))
    round = 2
    assert.deepEqual(new Set(await all()), new Set(['200 answer']))
    assert.equal(server.accepted, 40)
  },
)

test('a client that goes has its connection closed, wherever its request is', LIMIT, async () => {
  for (const said of ['', 'HTTP/1.1 2', `${HEAD}he`]) {
    const asked = gate()
    const closed = gate()
    const { ask } = await start(({ socket }) => {
      socket.on('close', () => closed.open())
      socket.write(said)
      asked.open()
    })
    const stop = new AbortController()
    const outcome = ask('/a', { signal: stop.signal })
    await asked.passed
    stop.abort(new Error('gone'))
    assert.match(await outcome, /gone|abort/i)
    await closed.passed
    assert.equal(await ask('/ok'), '200 good')
  }
})

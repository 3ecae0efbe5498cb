import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { Balancer } from '../../src/gateway/balance/balancer.ts'
import { fastCgiBackends, fastCgiUpstream } from '../../src/gateway/fastcgi/backends.ts'
import type { Response } from '../../src/message/response.ts'
import { BROKEN_OFF } from '../../src/protocol/fastcgi/codes.ts'
import { credit } from '../../src/protocol/fastcgi/records.ts'
import { type Asked, FakeApplication, type Script } from '../support/fake-application.ts'
import { call, inMemory, inPieces, noneLeft } from '../support/fastcgi-call.ts'

const applications: FakeApplication[] = []
const LIMIT = { timeout: 30_000 }
const WINDOW = 16384
const WINDOWED = ['FCGI_MPXS_CONNS', '1', 'ORIEL_WINDOW', String(WINDOW)]
const MULTIPLEXED = ['FCGI_MPXS_CONNS', '1', 'FCGI_MAX_CONNS', '1']
const HEAD = 'Content-Type: text/plain\n\n'

/** An application that has told what it can do. */
async function start(script: Script, values: readonly string[], options = {}) {
  const application = await new FakeApplication(
    (asked, all) => (asked.variables['FIRST'] === undefined ? script(asked, all) : asked.answer('first')),
    values,
  ).listen()
  applications.push(application)
  const open = fastCgiBackends({ address: application.address, ...options })
  assert.equal(await call(open, { variables: ['FIRST', '1'] }).outcome, '200 first')
  while (application.valuesAsked === 0 || application.connections.size > 0) await turn()
  application.asked.length = 0
  return { application, open }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2))
}

/** Answers with so many bytes, as its window allows. */
function pour(asked: Asked, size: number): void {
  let room = WINDOW
  let left = size
  const go = (): void => {
    for (; left > 0 && room > 0; ) {
      const now = Math.min(left, room, 8000)
      asked.stdout('z'.repeat(now))
      room -= now
      left -= now
    }
    if (left === 0) asked.end()
  }
  asked.onCredit = (bytes) => {
    room += bytes
    go()
  }
  room -= HEAD.length
  asked.stdout(HEAD)
  go()
}

afterEach(async () => {
  await Promise.all(applications.splice(0).map((application) => application.close()))
  await noneLeft()
})

test('requests share one windowed connection, and what a turn brings goes out together', LIMIT, async () => {
  const { application, open } = await start((asked) => asked.answer(asked.stdin), WINDOWED)
  const answers = Array.from({ length: 64 }, (_, i) => call(open, { method: 'POST', content: inMemory(`${i}`) }))
  assert.deepEqual(
    await Promise.all(answers.map(({ outcome }) => outcome)),
    answers.map((_, i) => `200 ${i}`),
  )
  assert.equal(new Set(application.asked.map(({ connection }) => connection)).size, 1)
  assert.deepEqual(new Set(application.asked.map(({ flags }) => flags)), new Set([3]))
})

test('a reader of a byte now and then stops nobody on its connection, and holds little', LIMIT, async () => {
  let sent = 0
  const { application, open } = await start((asked) => {
    if (asked.variables['SLOW'] === undefined) return asked.answer('fast')
    const { connection } = asked
    const write = connection.write.bind(connection) as (text: string, encoding: 'latin1') => boolean
    asked.raw = (records) => {
      sent += records.length
      write(records, 'latin1')
    }
    return pour(asked, 2 ** 30)
  }, WINDOWED)
  const slow = call(open, { variables: ['SLOW', '1'] })
  const response = (await slow.answered) as Response
  const reader = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  await reader.next()
  for (let round = 0; round < 20; round++) {
    const fast = await Promise.all(Array.from({ length: 64 }, () => call(open).outcome))
    assert.deepEqual(new Set(fast), new Set(['200 fast']))
  }
  assert.ok(sent < 65_536 + 8 * WINDOW, `${sent} bytes were sent`)
  assert.equal(application.connections.size, 1)
  await reader.return?.()
  while (!application.asked.some(({ aborted }) => aborted)) await turn()
})

test('an answer larger than its window comes whole', LIMIT, async () => {
  const { open } = await start((asked) => pour(asked, 1_000_000), WINDOWED)
  assert.equal((await call(open).outcome).length, '200 '.length + 1_000_000)
})

test('an application that minds no window breaks the protocol', LIMIT, async () => {
  const { application, open } = await start((asked) => asked.stdout(HEAD + 'z'.repeat(60_000)), WINDOWED)
  assert.equal(
    (await call(open).outcome).replace(application.address, 'A'),
    `502 A: it broke the protocol: an answer is more than its window of ${WINDOW} bytes ahead`,
  )
})

test('content goes as the window of the application allows, and its rest with its credit', LIMIT, async () => {
  for (const content of [
    () => inMemory('q'.repeat(50_000)),
    () => inPieces(['q'.repeat(30_000), 'q'.repeat(20_000)]),
  ]) {
    const { application, open } = await start((asked) => asked.answer(`${asked.stdin.length}`), WINDOWED)
    const one = call(open, { method: 'POST', content: content() })
    await application.came(1)
    const [asked] = application.asked
    assert.ok(asked)
    while (asked.stdin.length < WINDOW) await turn()
    // Another request comes through meanwhile.
    assert.equal(await call(open, { content: inMemory('w') }).outcome, '200 1')
    assert.equal(asked.stdin.length, WINDOW)
    for (let i = 0; i < 3; i++) asked.raw(credit(asked.id, WINDOW))
    assert.equal(await one.outcome, '200 50000')
  }
})

test('an answer that the application breaks off is broken off, and the connection stays', LIMIT, async () => {
  const { application, open } = await start((asked) => {
    if (asked.variables['HALF'] === undefined) return asked.answer('whole')
    asked.stdout(`${HEAD}half`)
    return setImmediate(() => asked.end(0, BROKEN_OFF))
  }, WINDOWED)
  const answer = await call(open, { variables: ['HALF', '1'] }).outcome
  assert.match(answer.replace(application.address, 'A'), /^(broken off: )?502 A: its answer broke off$/)
  assert.equal(await call(open).outcome, '200 whole')
  assert.equal(new Set(application.asked.map(({ connection }) => connection)).size, 1)
})

test('the connection dies: all its requests break off, those not begun with are asked again', LIMIT, async () => {
  const { open } = await start((asked, application) => {
    if (application.asked.length !== 8) return
    application.asked[0]?.stdout(`${HEAD}half`)
    setImmediate(() => asked.connection.end())
    application.asked.push(asked)
  }, WINDOWED)
  const answers = Array.from({ length: 8 }, () => call(open, { method: 'POST', timeouts: { firstByte: 3000 } }).outcome)
  const ends = (await Promise.all(answers)).map((answer) => answer.replace(/unix:\S+:/, 'A:'))
  assert.deepEqual([...new Set(ends)].sort(), [
    '502 A: it closed the connection without an answer',
    'broken off: 502 A: it closed the connection within its answer',
  ])
})

test(
  'a reset shows nothing of a request that was not alone on its connection: it is not asked again',
  LIMIT,
  async () => {
    const { application, open } = await start((asked) => {
      if (asked.variables['WARM'] === undefined) asked.connection.pause()
      else asked.answer('warm')
    }, WINDOWED)
    assert.equal(await call(open, { variables: ['WARM', '1'] }).outcome, '200 warm')
    const first = call(open, { method: 'POST' })
    await application.came(2)
    // Its end lies unread in the socket, so that the end of the connection is a reset.
    const second = call(open, { method: 'POST', variables: ['LONG', 'x'.repeat(500_000)] })
    for (let i = 0; i < 20; i++) await turn()
    for (const connection of application.connections) connection.destroy()
    const closed = `502 ${application.address}: it closed the connection without an answer`
    assert.deepEqual([await first.outcome, await second.outcome], [closed, closed])
    assert.equal(application.asked.length, 2)
  },
)

test(
  'of an application that serves one after the other, only the one it has begun with breaks off',
  LIMIT,
  async () => {
    const known = {
      maxConns: undefined,
      maxReqs: undefined,
      mpxsConns: true,
      window: WINDOW,
      objects: false,
      serial: true,
    }
    const dying = await new FakeApplication((asked) => {
      if (dying.asked.length === 4) asked.connection.end()
    }).listen()
    const living = await new FakeApplication((asked) => asked.answer('living')).listen()
    applications.push(dying, living)
    const balancer = new Balancer({ name: 'app', queue: () => 10, hopeless: () => undefined })
    const member = ({ address }: FakeApplication) => ({
      name: address,
      upstream: () => fastCgiUpstream({ address }, known),
    })
    balancer.become([member(dying)])
    const calls = Array.from({ length: 4 }, () => call(balancer.open, { method: 'POST' }))
    await dying.came(4)
    assert.equal(dying.accepted, 1)
    balancer.become([member(living)])
    const outcomes = await Promise.all(calls.map(({ outcome }) => outcome))
    const broken = `502 ${dying.address}: it closed the connection without an answer`
    assert.deepEqual(outcomes, [broken, '200 living', '200 living', '200 living'])
    assert.equal(dying.valuesAsked + living.valuesAsked, 0, 'what is known is not asked for')
  },
)

test('an id that was aborted stays taken until its end, and what comes for it reaches nobody', LIMIT, async () => {
  const { application, open } = await start((asked) => {
    if (asked.variables['HELD'] === undefined) asked.answer(`${asked.id}`)
  }, WINDOWED)
  const controller = new AbortController()
  const held = call(open, { variables: ['HELD', '1'], signal: controller.signal })
  await application.came(1)
  const [first] = application.asked
  assert.ok(first)
  controller.abort(new Error('gone'))
  assert.match(await held.outcome, /gone/)
  while (!first.aborted) await turn()
  first.stdout(`${HEAD}foreign`)
  const ids = await Promise.all(Array.from({ length: 20 }, () => call(open).outcome))
  assert.equal(ids.includes(`200 ${first.id}`), false)
  first.end()
  assert.equal(await call(open).outcome, `200 ${first.id + 21}`)
})

test(
  'without windows requests share a connection only where there may be no other, and small ones only',
  LIMIT,
  async () => {
    const { application, open } = await start(
      (asked) => setTimeout(() => asked.answer(`${asked.stdin.length}`), 5),
      MULTIPLEXED,
    )
    const answers = [
      ...Array.from({ length: 5 }, () => call(open, { method: 'POST', content: inMemory('abc') }).outcome),
      call(open, { method: 'POST', content: inPieces(['a'.repeat(100_000)]) }).outcome,
    ]
    assert.deepEqual(await Promise.all(answers), ['200 3', '200 3', '200 3', '200 3', '200 3', '200 100000'])
    assert.deepEqual([application.mostConnections, application.mostRequests], [1, 5])
  },
)

test(
  'without windows a slow reader that shares its connection is cut at a bound; alone it is waited for',
  LIMIT,
  async () => {
    const release: Asked[] = []
    const { application, open } = await start((asked) => {
      if (asked.variables['OTHER'] !== undefined) return void release.push(asked)
      asked.stdout(HEAD)
      for (let i = 0; i < 100; i++) asked.stdout('z'.repeat(40_000))
      return asked.end()
    }, MULTIPLEXED)
    const other = call(open, { variables: ['OTHER', '1'] })
    await application.came(1)
    const shared = (await call(open).answered) as Response
    while (!application.asked[1]?.aborted) await turn()
    await assert.rejects(shared.text(), (error: Error) =>
      /shared; allow more/.test(String((error.cause as Error).message)),
    )
    release[0]?.answer('other')
    assert.equal(await other.outcome, '200 other')
    const alone = (await call(open).answered) as Response
    await turn()
    assert.equal((await alone.text()).length, 4_000_000)
  },
)

test(
  'an application that says it multiplexes and refuses is sent one request a connection from then on',
  LIMIT,
  async () => {
    const running = new Map<unknown, number>()
    const { application, open } = await start((asked) => {
      const count = (running.get(asked.connection) ?? 0) + 1
      running.set(asked.connection, count)
      if (count > 1) return asked.end(0, 1)
      return setTimeout(() => {
        running.set(asked.connection, 0)
        asked.answer('x')
      }, 5)
    }, WINDOWED)
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(open).outcome))
    assert.deepEqual(new Set(answers), new Set(['200 x']))
    const flags = application.asked.slice(-3).map(({ flags }) => flags & 2)
    assert.deepEqual(flags, [0, 0, 0])
  },
)

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { fastCgiBackends } from '../../src/gateway/fastcgi/backends.ts'
import { STDERR, STDIN, STDOUT } from '../../src/protocol/fastcgi/codes.ts'
import { endRequest, record, recordHead, streamEnd } from '../../src/protocol/fastcgi/records.ts'
import { type Asked, answerRecords, FakeApplication, type Script } from '../support/fake-application.ts'
import { call, inMemory, inPieces, noneLeft } from '../support/fastcgi-call.ts'

const applications: FakeApplication[] = []
const LIMIT = { timeout: 20_000 }

/** An application, and the way to it. */
async function start(script: Script, values: readonly string[] | 'nothing' | 'close' = 'nothing', options = {}) {
  const application = await new FakeApplication(script, values).listen()
  applications.push(application)
  return { application, open: fastCgiBackends({ address: application.address, ...options }) }
}

afterEach(async () => {
  await Promise.all(applications.splice(0).map((application) => application.close()))
  await noneLeft()
})

test('a request has its variables, its content, and the ends of both', LIMIT, async () => {
  const { application, open } = await start((asked) => asked.answer('hello'))
  const one = call(open, { method: 'POST', content: inMemory('x'.repeat(20_000)), variables: ['A', 'b'] })
  assert.equal(await one.outcome, '200 hello')
  const [asked] = application.asked
  assert.deepEqual(asked?.variables, { REQUEST_METHOD: 'POST', A: 'b' })
  assert.deepEqual([asked?.stdin.length, asked?.role, asked?.flags, asked?.id], [20_000, 1, 0, 1])
})

const HEAD = 'Content-Type: text/plain\n\n'
const WRONG_ID = 'it broke the protocol: a record of type 6 came for request 7, which is none that runs'

for (const [what, records, expected] of [
  ['an answer in one record', (id: number) => answerRecords(id, 'hello'), '200 hello'],
  [
    'no end of STDOUT, as php-fpm',
    (id: number) => record(STDOUT, id, `${HEAD}hello`) + endRequest(id, 0, 0),
    '200 hello',
  ],
  [
    'records of one byte, others between them',
    (id: number) =>
      [...`${HEAD}hello`]
        .map((one) => record(STDOUT, id, one) + record(STDERR, id, '!') + record(99, 0, 'what'))
        .join('') + endRequest(id, 0, 0),
    '200 hello',
  ],
  [
    'types that are unknown, or not for a web server',
    (id: number) => record(77, id, 'x') + record(STDIN, id, 'x') + recordHead(200, 0, 0) + answerRecords(id, 'hello'),
    '200 hello',
  ],
  [
    'a version that is not 1',
    () => '\x02\x06\0\x01\0\x05\0\0hello',
    '502 A: it broke the protocol: a record has version 2',
  ],
  ['the output of another request', () => record(STDOUT, 7, `${HEAD}foreign`), `502 A: ${WRONG_ID}`],
  [
    'the end of another request',
    (id: number) => record(STDOUT, id, HEAD) + endRequest(9, 0, 0),
    'broken off: 502 A: it broke the protocol: a record of type 3 came for request 9, which is none that runs',
  ],
  [
    'the output of another request after its own',
    (id: number) => record(STDOUT, id, `${HEAD}mine`) + record(STDOUT, 7, 'foreign'),
    `broken off: 502 A: ${WRONG_ID}`,
  ],
  [
    'half an END_REQUEST',
    (id: number) => record(STDOUT, id, `${HEAD}x`) + record(3, id, 'abcd'),
    'broken off: 502 A: it broke the protocol: an END_REQUEST has 4 bytes, not 8',
  ],
  [
    'protocolStatus 9',
    (id: number) => record(STDOUT, id, `${HEAD}x`) + endRequest(id, 0, 9),
    '502 A: it ended the request with protocolStatus 9, which is none',
  ],
  ['overloaded', (id: number) => endRequest(id, 0, 2), '503 A: it is overloaded (FCGI_OVERLOADED)'],
  [
    'overloaded in the midst of its answer',
    (id: number) => record(STDOUT, id, `${HEAD}x`) + endRequest(id, 0, 2),
    '503 A: it is overloaded (FCGI_OVERLOADED)',
  ],
  [
    'a role that it does not know',
    (id: number) => endRequest(id, 0, 3),
    '502 A: it does not know the role Responder; correct the route, or the address (FCGI_UNKNOWN_ROLE)',
  ],
  [
    'that it takes one request a connection, twice',
    (id: number) => endRequest(id, 0, 1),
    '502 A: it takes one request a connection, and refused the only one (FCGI_CANT_MPX_CONN)',
  ],
  ['nothing but its end', (id: number) => endRequest(id, 0, 0), '502 application: it ended without a word'],
] as const) {
  test(`an application that sends ${what}: ${expected.slice(0, 30)}`, LIMIT, async () => {
    const { application, open } = await start((asked) => asked.raw(records(asked.id)))
    const answer = await call(open).outcome
    assert.equal(answer.replaceAll(application.address, 'A'), expected)
    // Whatever it did, the next request is sent.
    assert.equal((await call(open).outcome).replaceAll(application.address, 'A'), expected)
  })
}

test('an answer that ends at any byte is broken off, or none', { timeout: 60_000 }, async () => {
  const whole = record(STDOUT, 1, `${HEAD}hello`) + streamEnd(STDOUT, 1) + endRequest(1, 0, 0)
  const { application, open } = await start((asked) => {
    asked.connection.end(Buffer.from(whole.slice(0, Number(asked.variables['CUT'])), 'latin1'))
  })
  for (let cut = 0; cut <= whole.length; cut++) {
    const answer = (await call(open, { variables: ['CUT', String(cut)] }).outcome).replaceAll(application.address, 'A')
    if (cut === whole.length) assert.equal(answer, '200 hello')
    else {
      const begun = cut < 8 + HEAD.length ? '' : 'broken off: '
      assert.equal(answer, `${begun}502 A: it closed the connection ${cut > 8 ? 'within its' : 'without an'} answer`)
    }
  }
})

test(
  'what stands behind the end of an answer reaches nobody, and the connection is not used again',
  LIMIT,
  async () => {
    const { application, open } = await start(
      (asked) => asked.raw(answerRecords(asked.id, 'mine') + record(STDOUT, asked.id, 'stray')),
      'nothing',
      { keepAlive: true, connections: 1 },
    )
    const answers = await Promise.all([call(open).outcome, call(open).outcome, call(open).outcome])
    assert.deepEqual(answers, ['200 mine', '200 mine', '200 mine'])
    assert.equal(application.accepted, 3)
  },
)

test('a request id is not given to the next request on its connection', LIMIT, async () => {
  const { application, open } = await start((asked) => asked.answer('x'), 'nothing', { keepAlive: true })
  for (let i = 0; i < 3; i++) assert.equal(await call(open).outcome, '200 x')
  assert.deepEqual(
    application.asked.map(({ id }) => id),
    [1, 2, 3],
  )
  assert.equal(application.accepted, 1)
})

test('an exit code goes to the log', LIMIT, async () => {
  const { open } = await start((asked) => {
    asked.stdout(`${HEAD}x`)
    asked.end(-3)
  })
  const one = call(open)
  assert.equal(await one.outcome, '200 x')
  const { process: address, ...said } = one.exchange.backend ?? {}
  assert.deepEqual([String(address).startsWith('unix:'), said], [true, { appStatus: -3 }])
})

test('an application that never answers is a 504, and hears that nobody waits', LIMIT, async () => {
  const { application, open } = await start(() => {})
  const aborted = new Promise<void>((resolve) => {
    application.onBegin = (asked) => {
      asked.onAbort = resolve
    }
  })
  const answer = await call(open, { timeouts: { firstByte: 300 } }).outcome
  assert.equal(answer, '504 application: no answer within 300 ms (timeouts.firstByte)')
  await aborted
  // It does not end the request: the connection is closed after a while.
  await application.left()
})

test('the client goes: the application is told, and its connection stays if it ends the request', LIMIT, async () => {
  const { application, open } = await start(() => {}, 'nothing', { keepAlive: true, connections: 1 })
  application.onBegin = (asked) => {
    asked.onAbort = () => {
      asked.stdout('late')
      asked.end()
    }
  }
  const controller = new AbortController()
  const one = call(open, { signal: controller.signal })
  await application.came(1)
  controller.abort(new Error('gone'))
  assert.match(await one.outcome, /gone/)
  application.onBegin = (asked) => asked.answer('next')
  assert.equal(await call(open).outcome, '200 next')
  assert.equal(application.accepted, 1)
})

test(
  'a content that comes in pieces is sent as it comes; what an application does not read stops nobody',
  LIMIT,
  async () => {
    const { application, open } = await start((asked) => asked.answer(`${asked.stdin.length}`))
    const pieces = Array.from({ length: 40 }, () => 'y'.repeat(50_000))
    assert.equal(await call(open, { method: 'POST', content: inPieces(pieces) }).outcome, '200 2000000')
    application.onBegin = (asked) => {
      asked.connection.pause()
      asked.answer('early')
    }
    assert.equal(await call(open, { method: 'POST', content: inPieces(pieces) }).outcome, '200 early')
  },
)

test('an Authorizer gets variables only; a Filter the content, and behind it the file', LIMIT, async () => {
  const { application, open } = await start((asked) => asked.answer('ok'), 'nothing', { role: 'authorizer' })
  assert.equal(await call(open, { method: 'POST', content: inMemory('secret') }).outcome, '200 ok')
  assert.deepEqual([application.asked[0]?.role, application.asked[0]?.stdin], [2, ''])
  const filter = fastCgiBackends({ address: application.address, role: 'filter' })
  for (const data of [inMemory('file'.repeat(9)), inPieces(['file'.repeat(9)])]) {
    assert.equal(
      await call(filter, { method: 'POST', content: inMemory('form'), data: { ...data, size: 36, modified: 0 } })
        .outcome,
      '200 ok',
    )
    const asked = application.asked.at(-1) as Asked
    assert.deepEqual([asked.role, asked.stdin, asked.data], [3, 'form', 'file'.repeat(9)])
  }
})

test('a file for a Filter that is shorter than it was breaks the request off', LIMIT, async () => {
  const { application, open } = await start((asked) => asked.answer('ok'), 'nothing', { role: 'filter' })
  const data = { ...inPieces(['short']), size: 10, modified: 0 }
  assert.equal(await call(open, { data }).outcome, '500 the content has only 5 of its 10 bytes')
  await application.left()
  assert.equal(application.asked[0]?.data ?? '', '')
})

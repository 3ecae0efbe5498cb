import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { fastCgiBackends } from '../../src/gateway/fastcgi/backends.ts'
import { type Asked, FakeApplication, type Script } from '../support/fake-application.ts'
import { call, inMemory, noneLeft } from '../support/fastcgi-call.ts'
import { makeFolder } from '../support/folder.ts'

const applications: FakeApplication[] = []
const LIMIT = { timeout: 20_000 }

async function start(script: Script, values: readonly string[] | 'nothing' | 'close' = 'nothing') {
  const application = await new FakeApplication(script, values).listen()
  applications.push(application)
  return application
}

afterEach(async () => {
  await Promise.all(applications.splice(0).map((application) => application.close()))
  await noneLeft()
})

const many = (count: number, ask: () => Promise<string>) => Promise.all(Array.from({ length: count }, ask))

for (const bad of [
  '',
  'unix:',
  '/run/x.sock',
  'localhost',
  '127.0.0.1:0',
  '[::1:9000',
  '127.0.0.1:99999',
  'http://x:1',
]) {
  test(`the address ${JSON.stringify(bad)} is refused`, () => {
    assert.throws(() => fastCgiBackends({ address: bad }), /is no address: give unix:PATH, host:port or \[IPv6\]:port/)
  })
}

test('options that cannot be are refused by name', () => {
  const address = 'unix:/x'
  assert.throws(() => fastCgiBackends({ address: [] }), /address is empty/)
  assert.throws(
    () => fastCgiBackends({ address, connections: 0 }),
    /connections is 0: expected a whole number from 1 on/,
  )
  assert.throws(() => fastCgiBackends({ address, role: 'toast' as 'filter' }), /role is toast/)
})

test('no more connections than allowed; the others wait, and beyond the queue there is a 503', LIMIT, async () => {
  const held: Asked[] = []
  const application = await start((asked) => void held.push(asked))
  const open = fastCgiBackends({ address: application.address, connections: 2, queue: 3 })
  const answers = Array.from({ length: 6 }, () => call(open))
  const refused = answers[5]
  assert.equal(await refused?.outcome, `503 ${application.address}: 3 requests wait for it already (queue)`)
  assert.equal((await refused?.answered.catch((error) => error.headers.get('retry-after'))) ?? '', '1')
  await application.came(2)
  for (let i = 0; i < 5; i++) {
    while (held[i] === undefined) await new Promise((resolve) => setImmediate(resolve))
    held[i]?.answer(`${i}`)
  }
  assert.deepEqual(await Promise.all(answers.slice(0, 5).map(({ outcome }) => outcome)), [
    '200 0',
    '200 1',
    '200 2',
    '200 3',
    '200 4',
  ])
  assert.equal(application.mostConnections, 2)
})

test('a request that waits and is given up is never sent', LIMIT, async () => {
  const held: Asked[] = []
  const application = await start((asked) => void held.push(asked))
  const open = fastCgiBackends({ address: application.address, connections: 1 })
  const first = call(open)
  const controller = new AbortController()
  const second = call(open, { signal: controller.signal })
  controller.abort(new Error('gone'))
  assert.match(await second.outcome, /gone/)
  await application.came(1)
  held[0]?.answer('first')
  assert.equal(await first.outcome, '200 first')
  assert.equal(application.asked.length, 1)
})

test('an application says how many connections and requests it takes, and never gets more', LIMIT, async () => {
  for (const [values, connections, requests] of [
    [['FCGI_MAX_CONNS', '3'], 3, 3],
    [['FCGI_MAX_CONNS', '9', 'FCGI_MAX_REQS', '2'], 2, 2],
    [['FCGI_MAX_CONNS', '2', 'FCGI_MAX_REQS', '5', 'FCGI_MPXS_CONNS', '1'], 2, 5],
    [['FCGI_MAX_CONNS', '2', 'FCGI_MAX_REQS', '7', 'FCGI_MPXS_CONNS', '1', 'ORIEL_WINDOW', '4096'], 1, 7],
    [['FCGI_MAX_CONNS', 'many', 'FCGI_MPXS_CONNS', 'yes'], 12, 12],
  ] as const) {
    const application = await start((asked) => setTimeout(() => asked.answer('x'), 5), values)
    const open = fastCgiBackends({ address: application.address })
    assert.equal(await call(open).outcome, '200 x')
    while (application.valuesAsked === 0 || application.connections.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.deepEqual(new Set(await many(12, () => call(open).outcome)), new Set(['200 x']))
    assert.deepEqual([application.mostConnections, application.mostRequests], [connections, requests])
  }
})

test(
  'values are asked for once, on a connection of its own, and delay nothing where they are not told',
  LIMIT,
  async () => {
    for (const values of ['nothing', 'close'] as const) {
      const application = await start((asked) => asked.answer('x'), values)
      const open = fastCgiBackends({ address: application.address, connections: 1 })
      for (let i = 0; i < 5; i++) assert.equal(await call(open).outcome, '200 x')
      assert.equal(application.valuesAsked <= 1, true)
      await application.left()
      assert.equal(application.valuesAsked, 1)
      // Nothing is known of it: it is told to close each connection, as nginx does.
      assert.deepEqual(new Set(application.asked.map(({ flags }) => flags)), new Set([0]))
    }
  },
)

test('connections are closed after a moment unless they were asked to stay', LIMIT, async () => {
  const application = await start((asked) => asked.answer('x'), ['FCGI_MPXS_CONNS', '0'])
  const open = fastCgiBackends({ address: application.address })
  for (let i = 0; i < 20; i++) assert.equal(await call(open).outcome, '200 x')
  assert.ok(application.accepted < 10, `${application.accepted} connections`)
  await application.left()
})

test('an application that recycles its connections loses no request', LIMIT, async () => {
  const application = await start((asked) => {
    asked.answer('x')
    asked.connection.end()
  })
  const open = fastCgiBackends({ address: application.address, keepAlive: true, connections: 4 })
  assert.deepEqual(new Set(await many(100, () => call(open).outcome)), new Set(['200 x']))
  for (let i = 0; i < 30; i++) {
    assert.equal(await call(open, { method: 'POST', content: inMemory('form') }).outcome, '200 x')
  }
})

test(
  'a kept connection that dies before the first byte: asked again, unless it may have been begun with',
  LIMIT,
  async () => {
    let count = 0
    const application = await start((asked) => {
      if (++count % 2 === 1) asked.answer('x')
      else asked.connection.end()
    })
    const open = fastCgiBackends({ address: application.address, keepAlive: true })
    for (let i = 0; i < 3; i++) {
      assert.equal(await call(open).outcome, '200 x')
      assert.equal(await call(open).outcome, '200 x')
    }
    assert.equal(
      await call(open, { method: 'POST' }).outcome,
      `502 ${application.address}: it closed the connection without an answer`,
    )
    assert.equal(await call(open).outcome, '200 x')
  },
)

test('a fresh connection that dies is no reason to ask again', LIMIT, async () => {
  const application = await start((asked) => asked.connection.destroy())
  const open = fastCgiBackends({ address: application.address })
  assert.equal(await call(open).outcome, `502 ${application.address}: it closed the connection without an answer`)
  assert.equal(application.asked.length, 1)
})

test('nobody is there: a 503 that says where and what to do, at once, for those that wait too', LIMIT, async () => {
  const folder = makeFolder({ file: '' })
  for (const [address, expected] of [
    [`unix:${join(folder, 'none')}`, 'there is no such socket; start the application, or correct the address'],
    [`unix:${join(folder, 'file')}`, 'nobody listens there; start the application, or correct the address'],
    ['127.0.0.1:1', 'nobody listens there; start the application, or correct the address'],
  ] as const) {
    const open = fastCgiBackends({ address, connections: 1 })
    assert.deepEqual(new Set(await many(5, () => call(open).outcome)), new Set([`503 ${address}: ${expected}`]))
  }
})

test(
  'of several addresses the least busy one is called; those that fail are left alone, and found again',
  LIMIT,
  async () => {
    const slow: Asked[] = []
    const one = await start((asked) => void slow.push(asked))
    const two = await start((asked) => asked.answer('two'))
    const none = `unix:${join(makeFolder(), 'none')}`
    const open = fastCgiBackends({ address: [none, one.address, two.address] })
    const held = [call(open), call(open)]
    assert.equal(await Promise.race(held.map(({ outcome }) => outcome)), '200 two')
    await one.came(1)
    for (let i = 0; i < 4; i++) assert.equal(await call(open).outcome, '200 two')
    for (const asked of slow.splice(0)) asked.answer('one')
    assert.deepEqual(new Set(await Promise.all(held.map(({ outcome }) => outcome))), new Set(['200 one', '200 two']))
    await two.close()
    const answers = many(3, () => call(open).outcome)
    while (slow.length < 3) await new Promise((resolve) => setImmediate(resolve))
    for (const asked of slow) asked.answer('one')
    assert.deepEqual(await answers, ['200 one', '200 one', '200 one'])
  },
)

test('all have failed: one is tried all the same, and an application that comes back is found', LIMIT, async () => {
  const folder = makeFolder()
  const paths = [join(folder, 'a'), join(folder, 'b')]
  const open = fastCgiBackends({ address: paths.map((path) => `unix:${path}`) })
  assert.match(await call(open).outcome, /^503 unix:.*there is no such socket/)
  const application = await new FakeApplication((asked) => asked.answer('back'), 'nothing', paths[1]).listen()
  applications.push(application)
  assert.equal(await call(open).outcome, '200 back')
})

test('an application that is overloaded is left for another one, where there is one', LIMIT, async () => {
  const full = await start((asked) => asked.end(0, 2))
  const free = await start((asked) => asked.answer('free'))
  const open = fastCgiBackends({ address: [full.address, free.address] })
  assert.deepEqual(
    new Set(await many(6, () => call(open, { method: 'POST', content: inMemory('x') }).outcome)),
    new Set(['200 free']),
  )
  assert.ok(full.asked.length > 0)
})

test('a queue of the system that is full is waited for', LIMIT, async (t) => {
  const path = join(makeFolder(), 'full.sock')
  const module = new URL('../support/fake-application.js', import.meta.url).href
  // It listens, and accepts nothing for a while: Linux lets two wait, and refuses the others.
  const program = `
    const { FakeApplication } = await import(${JSON.stringify(module)})
    await new FakeApplication((asked) => asked.answer('x'), 'nothing', ${JSON.stringify(path)}).listen(1)
    process.stdout.write('ready')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const open = fastCgiBackends({ address: `unix:${path}` })
  assert.deepEqual(new Set(await many(50, () => call(open).outcome)), new Set(['200 x']))
})

test('kept connections give way to those that the processes of an application have not come to', LIMIT, async () => {
  // As php-fpm with two processes: each serves one connection to its end.
  const served: unknown[] = []
  const waiting: Asked[] = []
  const application = await start((asked) => {
    waiting.push(asked)
    serve()
  })
  const serve = (): void => {
    for (const asked of [...waiting]) {
      const { connection } = asked
      if (!served.includes(connection)) {
        if (served.length === 2) continue
        served.push(connection)
        connection.once('close', () => {
          served.splice(served.indexOf(connection), 1)
          serve()
        })
      }
      waiting.splice(waiting.indexOf(asked), 1)
      asked.answer('x')
    }
  }
  const open = fastCgiBackends({ address: application.address, keepAlive: true })
  const answers = many(40, () => call(open, { timeouts: { firstByte: 1500 } }).outcome)
  assert.deepEqual(new Set(await answers), new Set(['200 x']))
})

test('a pool outlives the site that it was opened by', LIMIT, async () => {
  const application = await start((asked) => asked.answer('x'))
  const before = fastCgiBackends({ address: application.address, keepAlive: true })
  assert.equal(await call(before).outcome, '200 x')
  const after = fastCgiBackends({ address: application.address, keepAlive: true })
  assert.equal(await call(after).outcome, '200 x')
  assert.equal(application.accepted, 1)
})

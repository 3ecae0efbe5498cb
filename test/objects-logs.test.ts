import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ExchangeRecord } from '../src/message/exchange.ts'
import type { Logger } from '../src/message/interface.ts'
import { Response } from '../src/message/response.ts'
import { ask } from './support/client.ts'
import { type Asked, FakeApplication } from './support/fake-application.ts'
import { makeFolder } from './support/folder.ts'
import { publishing, servingObjects } from './support/objects-site.ts'

const SOON = { timeout: 60_000 }
/** Says of itself that it knows of objects. */
const OURS = ['ORIEL_OBJECTS', '1', 'FCGI_MPXS_CONNS', '1']

/** Keeps what it is told of, and waits for it. */
class Kept implements Logger {
  readonly records: ExchangeRecord[] = []
  #waiters: (() => void)[] = []

  logRequest(record: ExchangeRecord): void {
    this.records.push(record)
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** It is a resource too. */
  GET(): Response {
    return new Response('the log')
  }

  async came(count: number): Promise<readonly string[]> {
    while (this.records.length < count) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    return this.uris
  }

  get uris(): readonly string[] {
    return this.records.map(({ uri }) => uri)
  }
}

const page = { match: '/*', resource: () => new Response('hello') }

/** A site that tells an object, in the same process, or in another one as far as the site knows. */
async function logging(t: TestContext, where: 'module' | 'wire', log: Logger, more: object = {}) {
  const objects = { log }
  ;(globalThis as Record<string, unknown>)['objectsOfTheTest'] = objects
  const base = makeFolder({
    'paul.ts': "import { publish } from 'oriel'\nawait publish('paul', globalThis.objectsOfTheTest)",
  })
  const handle = where === 'wire' ? (await publishing(t, objects)).handle : 'module:./paul.ts'
  const options = { base, objects: { paul: handle }, log: [{ object: 'log@paul', ...more }], routes: [page] }
  return servingObjects(t, options)
}

for (const where of ['module', 'wire'] as const) {
  test(`an object is told of every exchange (${where})`, SOON, async (t) => {
    const log = new Kept()
    const { url, server, reports } = await logging(t, where, log)
    const headers = { 'User-Agent': 'me', Referer: 'http://x/?token=secret' }
    await ask(url, '/a?password=secret', { method: 'PUT', body: 'content', headers })
    await log.came(1)
    const [{ time, duration, requestId, ...record }] = log.records as [ExchangeRecord]
    assert.ok(Math.abs(Date.now() - time) < 60_000)
    assert.ok(duration >= 0 && requestId !== '')
    assert.deepEqual(
      [record.method, record.uri, record.status, record.agent, record.referrer, record.contentLength, record.resource],
      ['PUT', '/a?password=***', 200, 'me', 'http://x/?token=***', 5, 'resource'],
    )
    assert.deepEqual([record.aborted, record.error, record.requestField('user-agent')], [false, undefined, undefined])
    assert.equal(String((await ask(url, '/log@paul')).body), 'hello', 'the page of the site, and not the object')
    await server.close()
    assert.equal(log.records.length, 2, 'at its end all is told')
    assert.deepEqual(reports.all, [])
  })

  test(`its filter and what it keeps out are those of any log (${where})`, SOON, async (t) => {
    const log = new Kept()
    const { url, server } = await logging(t, where, log, { filter: { sample: 0.5 }, redact: { query: ['mine'] } })
    for (let i = 0; i < 4; i++) await ask(url, `/${i}?mine=x`)
    await server.close()
    assert.deepEqual(log.uris, ['/0?mine=***', '/2?mine=***'])
    assert.equal((log.records[0] as unknown as { sample: number }).sample, 0.5)
  })

  test(`one that throws is told all the same, and the error log knows (${where})`, SOON, async (t) => {
    const log = new Kept()
    const throwing = {
      logRequest(record: ExchangeRecord) {
        log.logRequest(record)
        if (record.uri === '/1') throw new Error('not this one')
      },
    }
    const { url, server, reports } = await logging(t, where, throwing)
    for (let i = 0; i < 3; i++) await ask(url, `/${i}`)
    await log.came(3)
    await reports.told('A logger failed.')
    await server.close()
    assert.deepEqual(log.uris, ['/0', '/1', '/2'])
    assert.match(JSON.stringify(reports.all.map(({ event, fields }) => [event, String(fields['error'])])), /failed/)
  })

  test(`at a reload both sites tell it, and nothing is lost (${where})`, SOON, async (t) => {
    const log = new Kept()
    const { url, server } = await logging(t, where, log)
    const asked: string[] = []
    for (let i = 0; i < 5; i++) {
      const paths = Array.from({ length: 20 }, (_, j) => `/${i}-${j}`)
      asked.push(...paths)
      const answers = paths.map((path) => ask(url, path))
      await server.reload()
      for (const answer of answers) assert.equal((await answer).status, 200)
    }
    await log.came(asked.length)
    await server.close()
    assert.deepEqual([...log.uris].sort(), asked.sort())
  })

  test(`an agent of a megabyte is told like any other (${where})`, SOON, async (t) => {
    const log = new Kept()
    const { url } = await logging(t, where, log)
    const agent = 'ä'.repeat(500_000)
    const response = await ask(url, '/')
    assert.equal(response.status, 200)
    await log.came(1)
    const line = JSON.stringify({ ...log.records[0], agent, requestId: 'long' })
    if (where === 'wire') {
      const { handle } = await publishing(t, { log })
      const { fastCgiUpstream } = await import('../src/gateway/fastcgi/backends.ts')
      const { WireServer } = await import('../src/object/wire-server.ts')
      const upstream = fastCgiUpstream({ address: handle.slice('fastcgi:'.length), objects: true })
      await new WireServer({ handle, upstream }).log('log', line)
      upstream.close()
    } else {
      const { tellLogger } = await import('../src/object/logging.ts')
      await tellLogger(log, line)
    }
    assert.equal(log.records[1]?.agent?.length, agent.length)
  })
}

test('nobody waits for an object that hangs, and what it does not take is bounded and told of', SOON, async (t) => {
  const application = await new FakeApplication(() => undefined, OURS).listen()
  t.after(() => application.close())
  const { url, reports, server } = await servingObjects(t, {
    objects: { paul: { handle: `fastcgi:${application.address}`, timeouts: { firstByte: 100 } } },
    log: [{ object: 'log@paul' }],
    routes: [page],
  })
  await Promise.all(Array.from({ length: 200 }, async (_, i) => assert.equal((await ask(url, `/${i}`)).status, 200)))
  await reports.told('A log cannot be written')
  await server.close()
  const told = reports.all.filter(({ event }) => event === 'Lines of a log are dropped.')
  const dropped = told.reduce((sum, { fields }) => sum + Number(fields['dropped']), 0)
  assert.equal(dropped, 200)
  assert.match(String(told[0]?.fields['reason']), /no answer within 100 ms/)
})

test('what is told while nobody is there waits', SOON, async (t) => {
  const listen = `unix:${join(makeFolder(), 'paul.sock')}`
  const { url, reports } = await servingObjects(t, {
    objects: { paul: `fastcgi:${listen}` },
    log: [{ object: 'log@paul' }],
    routes: [page],
  })
  for (let i = 0; i < 3; i++) await ask(url, `/${i}`)
  await reports.told('A log cannot be written: its lines wait.')
  const log = new Kept()
  await publishing(t, { log }, { listen })
  assert.deepEqual(await log.came(3), ['/0', '/1', '/2'])
  await reports.told('A log takes lines again.')
})

test('one that dies with a batch is told again', SOON, async (t) => {
  const taken: string[] = []
  let done = (): void => undefined
  const again = new Promise<void>((resolve) => {
    done = resolve
  })
  const script = (asked: Asked): void => {
    if (asked.variables['ORIEL_CALL'] !== 'log') return asked.answer('')
    taken.push(asked.stdin)
    if (taken.length === 1) return void asked.connection.destroy()
    asked.stdout('Status: 204\r\n\r\n')
    asked.end()
    done()
  }
  const application = await new FakeApplication(script, OURS).listen()
  t.after(() => application.close())
  const { url, server } = await servingObjects(t, {
    objects: { paul: `fastcgi:${application.address}` },
    log: [{ object: 'log@paul' }],
    routes: [page],
  })
  await ask(url, '/a')
  await again
  await server.close()
  assert.equal(taken.length, 2)
  assert.equal(taken[0], taken[1])
})

test('a config that names what is no logger is refused', SOON, async (t) => {
  ;(globalThis as Record<string, unknown>)['objectsOfTheTest'] = { page: page.resource }
  const base = makeFolder({
    'paul.ts': "import { publish } from 'oriel'\nawait publish('paul', globalThis.objectsOfTheTest)",
  })
  for (const [log, why] of [
    [{ object: 'page@paul' }, /log\[0\]\.object.*is no logger/s],
    [{ object: 'log@anna' }, /there is no object server anna/],
    [{ object: 'log' }, /names no object/],
    [{ object: 'log@paul', format: 'json' }, /neither format nor to/],
    [{ object: 'log@paul', to: 'stdout' }, /neither format nor to/],
  ] as const) {
    const made = servingObjects(t, {
      base,
      objects: { paul: 'module:./paul.ts' },
      log: [log as object],
      routes: [page],
    })
    await assert.rejects(made, why)
  }
})

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ProxyOptions } from '../src/resource/proxy/options.ts'
import { ask } from './support/client.ts'
import { startEngine } from './support/engine.ts'
import { gate } from './support/gate.ts'
import { startUpstream } from './support/upstream.ts'

const SOON = { timeout: 30_000 }

async function proxied(t: TestContext, options: ProxyOptions) {
  const under = await startEngine(t, { routes: [{ match: '/*', proxy: options }] })
  return { under, url: under.engine.urls[0] ?? '' }
}

test('requests go to the least busy one by its weight', SOON, async (t) => {
  const hold = gate()
  const counts = [0, 0]
  const came = gate()
  const servers = await Promise.all(
    [0, 1].map((i) =>
      startUpstream(t, async (_, res) => {
        counts[i] = (counts[i] ?? 0) + 1
        if ((counts[0] ?? 0) + (counts[1] ?? 0) === 20) came.open()
        await hold.passed
        res.end()
      }),
    ),
  )
  const [light, heavy] = servers.map(({ url }) => url)
  const { url } = await proxied(t, { address: [light ?? '', { address: heavy ?? '', weight: 3 }] })
  const asked = Array.from({ length: 20 }, () => ask(url, '/'))
  await came.passed
  hold.open()
  await Promise.all(asked)
  assert.deepEqual(counts, [5, 15])
})

test('one that is not there is passed by, and its requests are answered by another', SOON, async (t) => {
  const there = await startUpstream(t, (_, res) => res.end('there'))
  const { url, under } = await proxied(t, { address: ['http://127.0.0.1:1', there.url] })
  for (let i = 0; i < 6; i++) {
    assert.equal(String((await ask(url, '/', { method: i % 2 === 0 ? 'GET' : 'POST', body: 'x' })).body), 'there')
  }
  const { level, fields } = await under.reported('left alone')
  assert.deepEqual([level, fields?.['upstream']], ['warn', 'http://127.0.0.1:1'])
  assert.match(String(fields?.['why']), /nobody listens/)
  assert.equal(under.reports.filter(({ event }) => event.includes('left alone')).length, 1)
})

test('one that says it is not well gets no requests until it is', SOON, async (t) => {
  let well = false
  let asked = 0
  const counts = [0, 0]
  const changed = gate()
  const servers = await Promise.all(
    [0, 1].map((i) =>
      startUpstream(t, (req, res) => {
        if (req.url !== '/health') counts[i] = (counts[i] ?? 0) + 1
        else if (i === 0) {
          asked++
          if (asked === 2) changed.open()
          res.statusCode = well ? 204 : 500
        }
        res.end()
      }),
    ),
  )
  const address = servers.map(({ url }) => url)
  const { url, under } = await proxied(t, { address, health: { path: '/health', interval: 100 } })
  await ask(url, '/')
  const told = await under.reported('not well')
  const { requestId, ...fields } = told.fields ?? {}
  assert.deepEqual([typeof requestId, fields], ['string', { upstream: address[0], why: 'it answered 500' }])
  counts.fill(0)
  for (let i = 0; i < 10; i++) await ask(url, '/')
  assert.deepEqual(counts, [0, 10])
  well = true
  await changed.passed
  await under.reported('well again')
  await Promise.all(Array.from({ length: 10 }, () => ask(url, '/')))
  assert.ok((counts[0] ?? 0) > 0)
})

test('where none is well all are asked, and a check that fails has its reason in the log', SOON, async (t) => {
  const only = await startUpstream(t, (req, res) => {
    if (req.url === '/health') req.socket.destroy()
    else res.end('all the same')
  })
  const { url, under } = await proxied(t, { address: only.url, health: { path: '/health', interval: 100 } })
  await ask(url, '/')
  assert.match(String((await under.reported('not well')).fields?.['why']), /closed the connection/)
  assert.equal(String((await ask(url, '/')).body), 'all the same')
})

test('nobody is asked any more when no requests come', SOON, async (t) => {
  let asked = 0
  const upstream = await startUpstream(t, (req, res) => {
    if (req.url === '/health') asked++
    res.end()
  })
  const { url } = await proxied(t, { address: upstream.url, health: { path: '/health', interval: 20 } })
  await ask(url, '/')
  for (let before = -1; before !== asked; ) {
    before = asked
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  assert.ok(asked >= 2 && asked <= 20, `${asked} times`)
})

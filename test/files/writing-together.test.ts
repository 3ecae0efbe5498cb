import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { makeFolder, patterned } from '../support/folder.ts'
import { everythingIn, inTheMaking, writable } from '../support/writable.ts'

const BIG = 16 * 1024 * 1024

for (const size of [2000, 300_000, 2_000_000]) {
  test(`of many that write ${size} bytes at once each is read whole`, { timeout: 60_000 }, async (t) => {
    const root = makeFolder({ 'a.bin': patterned(size, 0) })
    const { ask, put } = await writable(t, root)
    let running = true
    const seen = new Set<number>()
    const reader = async (): Promise<void> => {
      while (running) {
        const got = await ask('GET', '/a.bin')
        if (got.status === 503) continue
        assert.equal(got.status, 200)
        const seed = [...Array(61).keys()].find((n) => patterned(size, n).equals(got.body))
        assert.ok(seed !== undefined, 'a mixture')
        seen.add(seed)
      }
    }
    const readers = [reader(), reader()]
    for (let round = 0; round < 4; round++) {
      const answers = await Promise.all(
        [...Array(15).keys()].map((n) => put('/a.bin', patterned(size, round * 15 + n + 1))),
      )
      for (const { status } of answers) assert.equal(status, 204)
    }
    running = false
    await Promise.all(readers)
    assert.ok(seen.size > 0)
    assert.deepEqual(everythingIn(root), ['a.bin'])
  })
}

test('of many that make a file with If-None-Match: * exactly one does', { timeout: 60_000 }, async (t) => {
  for (let round = 0; round < 10; round++) {
    const root = makeFolder()
    const servers = await Promise.all([writable(t, root), writable(t, root)])
    const headers = { 'If-None-Match': '*' }
    const answers = await Promise.all(
      [...Array(20).keys()].map((n) => servers[n % 2]?.put('/new.txt', `by ${n}`, headers)),
    )
    const statuses = answers.map((answer) => answer?.status)
    assert.deepEqual(statuses.toSorted(), [201, ...Array(19).fill(412)])
    const got = await servers[0]?.ask('GET', '/new.txt')
    assert.equal(got?.body.toString(), `by ${statuses.indexOf(201)}`)
    assert.deepEqual(everythingIn(root), ['new.txt'])
  }
})

for (const size of [2000, 1_200_000]) {
  test(`of many that write ${size} bytes over the same state with If-Match exactly one does`, {
    timeout: 60_000,
  }, async (t) => {
    const root = makeFolder()
    const { put, ask } = await writable(t, root)
    let tag = (await put('/a.bin', patterned(size, 100))).headers.etag
    for (let round = 0; round < 4; round++) {
      const headers = { 'If-Match': String(tag) }
      const bodies = [...Array(8).keys()].map((n) => patterned(size, round * 10 + n))
      const answers = await Promise.all(bodies.map((body) => put('/a.bin', body, headers)))
      const statuses = answers.map(({ status }) => status)
      assert.deepEqual(statuses.toSorted(), [204, ...Array(7).fill(412)])
      const winner = statuses.indexOf(204)
      tag = answers[winner]?.headers.etag
      const got = await ask('GET', '/a.bin')
      assert.ok(bodies[winner]?.equals(got.body))
      assert.equal(got.headers.etag, tag)
    }
    assert.deepEqual(everythingIn(root), ['a.bin'])
  })
}

test('a DELETE and a PUT with If-Match at once do not both go through', { timeout: 60_000 }, async (t) => {
  const root = makeFolder()
  const { put, ask } = await writable(t, root)
  for (let round = 0; round < 20; round++) {
    const { etag = '' } = (await put('/a', `old ${round}`)).headers
    const headers = { 'If-Match': etag }
    const [stored, removed] = await Promise.all([put('/a', `new ${round}`, headers), ask('DELETE', '/a', { headers })])
    const statuses = [stored.status, removed.status]
    assert.ok(['204,412', '412,204', '412,404', '204,404'].includes(statuses.join()), statuses.join())
    assert.notEqual(statuses.join(), '204,204')
    assert.equal((await ask('GET', '/a')).status, stored.status === 204 ? 200 : 404)
  }
})

test('who reads a file while it is replaced or removed gets it whole, as it was', { timeout: 60_000 }, async (t) => {
  for (const method of ['PUT', 'DELETE']) {
    const root = makeFolder({ 'a.bin': patterned(BIG) })
    const { ask } = await writable(t, root)
    let done: Promise<unknown> | undefined
    const got = await ask('GET', '/a.bin', {
      onData: () => {
        done ??= ask(method, '/a.bin', method === 'PUT' ? { body: 'new' } : {})
      },
    })
    await done
    assert.ok(got.complete && got.body.equals(patterned(BIG)), method)
    const after = await ask('GET', '/a.bin')
    assert.equal(method === 'PUT' ? after.body.toString() : after.status, method === 'PUT' ? 'new' : 404)
  }
})

test('a file in the making is readable by nobody else, and a folder that it is in is not removed', {
  timeout: 20_000,
}, async (t) => {
  const root = makeFolder({ 'sub/': '' })
  const { under, ask } = await writable(t, root)
  const client = await under.connect()
  client.send('PUT /sub/a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n')
  while (inTheMaking(root).length === 0) await setImmediate()
  const [making = ''] = inTheMaking(root)
  if (process.platform !== 'win32') assert.equal(statSync(making).mode & 0o777, 0o600)
  assert.equal((await ask('DELETE', '/sub/')).status, 409)
  client.send('abc')
  await client.until((text) => text.includes('201 Created'))
  assert.deepEqual(readdirSync(join(root, 'sub')), ['a'])
})

test('a large upload costs no memory to speak of', { timeout: 60_000 }, async (t) => {
  const { under } = await writable(t, makeFolder(), { write: { sync: false } }, 2 ** 30)
  const client = await under.connect()
  const piece = patterned(2 ** 20)
  const pieces = 128
  client.send(`PUT /big HTTP/1.1\r\nHost: h\r\nContent-Length: ${pieces * piece.byteLength}\r\n\r\n`)
  let most = 0
  for (let i = 0; i < pieces; i++) {
    if (!client.socket.write(piece)) await new Promise<void>((drained) => client.socket.once('drain', () => drained()))
    if (i === 8) most = process.memoryUsage.rss()
  }
  await client.until((text) => text.includes('201 Created'))
  assert.ok(process.memoryUsage.rss() - most < 48 * 2 ** 20, `${(process.memoryUsage.rss() - most) >> 20} MiB more`)
})

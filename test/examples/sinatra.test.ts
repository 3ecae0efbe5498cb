import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { needPeer } from '../support/peers.ts'
import { gone } from '../support/production.ts'
import { run } from '../support/run.ts'

const LIMIT = { timeout: 20_000 }

async function serving(t: TestContext): Promise<ServedExample | undefined> {
  if (needPeer(t, 'puma') === undefined) return undefined
  return serveExample(t, copyExample('sinatra'))
}

async function text(url: string): Promise<string> {
  const answer = await fetch(url)
  const body = await answer.text()
  assert.equal(answer.status, 200, body)
  return body
}

test('Sinatra answers a form by a redirect to its public address', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url } = served
  const posted = await fetch(`${url}/notes`, {
    method: 'POST',
    body: new URLSearchParams({ text: 'hello' }),
    redirect: 'manual',
  })
  assert.deepEqual([posted.status, posted.headers.get('location')], [303, `${url}/notes/5`])
  assert.equal(await text(`${url}/notes/5`), `A note of 5 characters from 127.0.0.1, asked for at ${url}/notes/5\n`)
  assert.match(await text(url), /^1 notes in process \d+\n$/)
  assert.equal((await fetch(`${url}/nowhere`)).status, 404)
  const headers = { 'Content-Type': 'application/octet-stream' }
  const sized = await fetch(`${url}/size`, { method: 'POST', headers, body: Buffer.alloc(1_000_000, 'x') })
  assert.equal(await sized.text(), '1000000 bytes\n')
})

test('what it sends line by line comes so, to curl', LIMIT, async (t) => {
  const curl = needPeer(t, 'curl')
  const served = await serving(t)
  if (served === undefined || curl === undefined) return
  const { code, stdout } = await run(curl, ['-sN', `${served.url}/slow`])
  assert.deepEqual([code, stdout], [0, 'line 0\nline 1\nline 2\nline 3\nline 4\n'])
  const reader = ((await fetch(`${served.url}/slow`)).body as ReadableStream<Uint8Array>).getReader()
  assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), 'line 0\n')
  await reader.cancel()
})

test('another process is started where its threads are busy, and all end with the server', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url, oriel } = served
  const pids = new Set<number>()
  let over = false
  const busy = Array.from({ length: 8 }, async () => {
    while (!over) assert.equal((await text(`${url}/slow`)).length, 35)
  })
  const looking = Promise.all(busy)
  looking.catch(() => undefined)
  while (pids.size < 2) pids.add(Number(/process (\d+)/.exec(await text(url))?.[1]))
  over = true
  await looking
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
  await Promise.all([...pids].map(gone))
})

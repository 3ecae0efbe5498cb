import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openBrowser } from '../support/browser.ts'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { needModules } from '../support/peers.ts'
import { gone } from '../support/production.ts'
import { RawClient } from '../support/raw-client.ts'
import { run } from '../support/run.ts'

const LIMIT = { timeout: 20_000 }
const PYTHON = '/usr/bin/python3'

/** Talks to the echo, by the library that most Python programs take. */
const TALKS = `
import asyncio, sys, websockets
async def talk():
    async with websockets.connect(sys.argv[1], max_size=None) as socket:
        for said in ["Ærna", "", b"\\x00\\xff", "x" * 1_000_000]:
            await socket.send(said)
            assert await socket.recv() == said, said[:20]
        await (await socket.ping())
    print(socket.close_code)
asyncio.run(talk())
`

async function serving(t: TestContext): Promise<ServedExample | undefined> {
  if (!needModules(t, PYTHON, ['uvicorn', 'websockets'])) return undefined
  return serveExample(t, copyExample('uvicorn'))
}

test('uvicorn is told of the request, the client and the public address', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const answer = await fetch(`${served.url}/api/about?and=query`)
  const told = (await answer.json()) as Record<string, unknown>
  const { host } = new URL(served.url)
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/json'])
  const { process, client, ...rest } = told
  assert.ok(Number(process) > 0)
  assert.deepEqual((client as unknown[])[0], '127.0.0.1')
  const plain = { method: 'GET', path: '/api/about', scheme: 'http', http_version: '1.1', query: 'and=query', host }
  assert.deepEqual(rest, plain)
  assert.equal((await fetch(`${served.url}/api/nowhere`)).status, 404)
  assert.match(await (await fetch(served.url)).text(), /<title>Streams and a WebSocket/)
})

test('an answer comes piece by piece, and uvicorn hears that the client has gone', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const answer = await fetch(`${served.url}/api/count`)
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const first = await reader.read()
  // The next one is not sent before some time has gone by: whoever held pieces back would have sent both.
  assert.equal(Buffer.from(first.value ?? []).toString(), 'data: 1\n\n')
  await reader.cancel()
  await served.oriel.printed(/the client has gone/)
})

test('a content is answered while it is sent', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { port } = new URL(served.url)
  const client = await RawClient.open({ port: Number(port), host: '127.0.0.1' })
  t.after(() => client.destroy())
  client.send('POST /api/upper HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (const word of ['one', 'two', 'three']) {
    client.send(`${word.length}\r\n${word}\r\n`)
    await client.until((text) => text.includes(word.toUpperCase()))
  }
  client.send('0\r\n\r\n')
  const { status, body } = await client.answer('POST')
  assert.deepEqual([status, body], [200, 'ONETWOTHREE'])
})

test('a WebSocket says what it hears, small and large, by the library websockets', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { code, stdout, stderr } = await run(PYTHON, ['-c', TALKS, `${served.url.replace('http', 'ws')}/api/echo`])
  assert.deepEqual([code, stdout], [0, '1000\n'], stderr)
  const elsewhere = await run(PYTHON, ['-c', TALKS, `${served.url.replace('http', 'ws')}/api/nowhere`])
  assert.match(elsewhere.stderr, /server rejected WebSocket connection: HTTP 403/)
})

test('both processes answer, are replaced by a reload, and are gone with the server', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url, oriel } = served
  const found = async (count: number): Promise<number[]> => {
    const pids = new Set<number>()
    // Of two at once one goes to each process, where there are two already.
    while (pids.size < count) {
      const all = await Promise.all([1, 2].map(async () => (await fetch(`${url}/api/about`)).json()))
      for (const { process } of all as { process: number }[]) pids.add(process)
    }
    return [...pids]
  }
  const before = await found(2)
  oriel.signal('SIGHUP')
  await Promise.all(before.map(gone))
  const after = (await found(2)).filter((pid) => !before.includes(pid))
  assert.equal(after.length, 2)
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
  await Promise.all(after.map(gone))
})

test('its page counts by events and echoes by WebSocket in a browser', { timeout: 40_000 }, async (t) => {
  const served = await serving(t)
  const browser = served && (await openBrowser(t))
  if (served === undefined || browser === undefined) return
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${message.text()} ${message.location().url}`))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(served.url)
  await page.locator('#state', { hasText: /^connected$/ }).waitFor()
  await page.getByRole('button', { name: 'Count to ten' }).click()
  await page.getByLabel('What to say').fill('Hello from the harbour')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('#heard li', { hasText: 'Hello from the harbour' }).waitFor()
  await page.locator('#counted li', { hasText: '10' }).waitFor()
  assert.deepEqual(await page.locator('#counted li').allInnerTexts(), [...'123456789', '10'])
  // For people to look at.
  await page.screenshot({ path: join(tmpdir(), 'oriel-uvicorn.png') })
  // The icon that a browser asks for is not there.
  assert.deepEqual(
    complaints.filter((one) => !one.includes('favicon')),
    [],
  )
})

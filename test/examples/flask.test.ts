import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { needModules } from '../support/peers.ts'
import { run } from '../support/run.ts'

const LIMIT = { timeout: 60_000 }
const PYTHON = '/usr/bin/python3'

async function serving(t: TestContext): Promise<ServedExample | undefined> {
  if (!needModules(t, PYTHON, ['flask'])) return undefined
  const folder = copyExample('flask')
  const { code, stderr } = await run('/bin/sh', [join(folder, 'make.sh')])
  assert.equal(code, 0, stderr)
  return serveExample(t, folder)
}

function sign(url: string, name: string, text: string): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams({ name, text }), redirect: 'manual' })
}

test('the guest book is signed, thanks by a session cookie, and shows each entry once', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url } = served
  const signed = await sign(url, 'Zoë', 'ærlig <b>talt</b>')
  assert.deepEqual([signed.status, signed.headers.get('location')], [303, '/'])
  const cookie = signed.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  assert.match(cookie, /^session=/)
  const page = await (await fetch(url, { headers: { cookie } })).text()
  assert.match(page, /<p role="status">Thank you\.<\/p>/)
  assert.match(page, /<h2>Zoë<\/h2><p>ærlig &lt;b&gt;talt&lt;\/b&gt;<\/p>/)

  await Promise.all(Array.from({ length: 40 }, (_, i) => sign(url, `guest ${i}`, 'x'.repeat(1500))))
  const names = [...(await (await fetch(url)).text()).matchAll(/<h2>guest (\d+)</g)].map((match) => Number(match[1]))
  assert.deepEqual(
    names.sort((a, b) => a - b),
    Array.from({ length: 40 }, (_, i) => i),
  )
})

test('what a generator yields is there at once', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const response = await fetch(`${served.url}/count`)
  const pieces: string[] = []
  for await (const piece of response.body as ReadableStream<Uint8Array>) pieces.push(Buffer.from(piece).toString())
  assert.deepEqual(pieces, ['1\n', '2\n', '3\n', '4\n', '5\n'])
})

test("Flask's own errors are answered as they are", LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  assert.equal((await fetch(`${served.url}/nowhere`)).status, 404)
  const refused = await fetch(`${served.url}/count`, { method: 'DELETE' })
  assert.equal(refused.status, 405)
  assert.deepEqual(refused.headers.get('allow')?.split(', ').sort(), ['GET', 'HEAD', 'OPTIONS'])
  const empty = await sign(served.url, ' ', 'x')
  assert.deepEqual([empty.status, /Both fields are needed/.test(await empty.text())], [400, true])
  assert.equal((await sign(served.url, 'a', 'x'.repeat(1_100_000))).status, 413)
})

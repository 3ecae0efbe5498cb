import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { startSpawnFcgi } from '../support/fastcgi-programs.ts'
import { needPeer } from '../support/peers.ts'
import { run } from '../support/run.ts'

const LIMIT = { timeout: 60_000 }

async function serving(t: TestContext): Promise<ServedExample | undefined> {
  const folder = copyExample('perl-fcgi')
  const app = await startSpawnFcgi(t, [join(folder, 'counter.pl')])
  if (app === undefined) return undefined
  return serveExample(t, folder, { 'unix:./counter.sock': `unix:${app.socket}` })
}

async function counted(url: string, init?: RequestInit): Promise<string[]> {
  const response = await fetch(url, init)
  const text = await response.text()
  assert.equal(response.status, 200, text)
  assert.equal(response.headers.get('content-type'), 'text/plain')
  return text.split('\n')
}

test('a Perl script with the module FCGI counts the requests that one process answers', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const first = await counted(`${served.url}/counter/a/path?and=query`)
  const process = /^request 1 of process (\d+)$/.exec(first[0] ?? '')?.[1]
  assert.ok(process, first.join('\n'))
  const meta = ['REQUEST_METHOD=GET', 'SCRIPT_NAME=/counter', 'PATH_INFO=/a/path', 'QUERY_STRING=and=query']
  assert.deepEqual(first.slice(1, 6), [...meta, '0 bytes of body'])

  const body = 'x'.repeat(300_000)
  const second = await counted(`${served.url}/counter`, { method: 'POST', body })
  assert.equal(second[0], `request 2 of process ${process}`)
  assert.ok(second.includes('300000 bytes of body'), second.join('\n'))
})

test('many at once are answered by the one process, each request once', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const lines = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => (await counted(`${served.url}/counter/${i}`)).join('\n')),
  )
  const counts = lines.map((line, i) => {
    assert.match(line, new RegExp(`^PATH_INFO=/${i}$`, 'm'))
    return Number(/^request (\d+)/.exec(line)?.[1])
  })
  assert.deepEqual(
    counts.sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i + 1),
  )
})

test('what the script writes to its error stream is logged', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  await counted(`${served.url}/counter?log`)
  await served.oriel.printed(/counted to 1/)
})

test('the script is a plain CGI program too: cgi-fcgi of its authors asks the same process', LIMIT, async (t) => {
  const client = needPeer(t, 'cgi-fcgi')
  const folder = copyExample('perl-fcgi')
  const app = await startSpawnFcgi(t, [join(folder, 'counter.pl')])
  if (client === undefined || app === undefined) return
  const env = { ...process.env, REQUEST_METHOD: 'GET', QUERY_STRING: 'x' }
  for (const count of [1, 2]) {
    const { stdout } = await run(client, ['-bind', '-connect', app.socket], { env })
    assert.match(stdout, new RegExp(`^request ${count} of process \\d+$`, 'm'))
  }
})

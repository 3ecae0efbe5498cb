import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ask } from '../support/client.ts'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { needPeer } from '../support/peers.ts'

const LIMIT = { timeout: 60_000 }

async function serving(t: TestContext): Promise<ServedExample | undefined> {
  if (needPeer(t, 'perl') === undefined || needPeer(t, 'python3') === undefined) return undefined
  return serveExample(t, copyExample('cgi'))
}

test('the scripts of the ILU paper answer as they did in 1996', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const cases: [string, string][] = [
    ['simple.sh', 'Hello.\n'],
    ['simple.pl', 'Hello.\n'],
    ['simple.py', 'Hello.\n'],
    ['simple1.py?x=1&y=2&z=3&z=4&z=5', "[('x', '1'), ('y', '2'), ('z', ['3', '4', '5'])]\n"],
  ]
  for (const [path, content] of cases) {
    const { status, headers, body } = await ask(served.url, `/cgi-bin/${path}`)
    assert.equal(status, 200, path)
    assert.equal(headers['content-type'], 'text/html', path)
    assert.equal(body.toString(), content, path)
  }
})

test('a form that is sent reaches the script, with its size told and without', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  for (const more of [{}, { 'transfer-encoding': 'chunked' }]) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...more }
    const body = 'name=Ann+Example&name=%3Cb%3E'
    const got = await ask(served.url, '/cgi-bin/simple1.py', { method: 'POST', headers, body })
    assert.equal(got.body.toString(), "[('name', ['Ann Example', '&lt;b&gt;'])]\n")
  }
})

test('what may not be run is neither run nor shown', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  for (const name of ['simple_lib.py', 'nothing.sh', '', '..%2foriel.config.ts']) {
    const { status, body } = await ask(served.url, `/cgi-bin/${name}`)
    assert.ok(status === 403 || status === 404, `${name}: ${status}`)
    assert.doesNotMatch(body.toString(), /import|parse_qs/, name)
  }
})

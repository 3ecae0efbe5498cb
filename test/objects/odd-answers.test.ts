import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../support/client.ts'
import { allTests } from '../support/published.ts'
import { type Both, bothSites } from '../support/published-site.ts'

const SOON = { timeout: 60_000 }
const ALL = allTests()

/** What objects answer that is odd, and the status by which a client learns of it. */
const STATUS: Readonly<Record<string, number>> = {
  throws: 500,
  text: 500,
  upgrades: 500,
  'status-101': 500,
  'bad-field': 500,
  refuses: 409,
  declines: 404,
  'reroutes-out': 502,
  framed: 200,
  pretends: 200,
}

let shared: Promise<Both> | undefined

for (const [name, status] of Object.entries(STATUS)) {
  test(
    `an object that answers oddly (${name}) is ${status}, its secrets stay, and the next call is answered`,
    SOON,
    async () => {
      shared ??= bothSites(ALL)
      const { outside, reports, program } = await shared
      const before = reports.length
      for (let i = 0; i < 3; i++) {
        const got = await ask(outside, `/${name}`, { headers: { accept: 'application/json' } })
        assert.deepEqual([got.status, got.complete], [status, true], String(got.body))
        assert.doesNotMatch(JSON.stringify(got.headers) + String(got.body), /secret|oriel-answer/i)
      }
      assert.equal((await ask(outside, '/counter')).status, 200)
      if (status !== 500) return
      // The stack is in the log of the program, and goes to that of the site.
      await program.printed(/^error: The request failed\. [\s\S]*?objects-for-tests|^error: /m)
      assert.ok(reports.length > before, 'the site has logged nothing')
    },
  )
}

test('the error log of the site has the stack of what an object threw', SOON, async (t) => {
  const { outside, reports } = await bothSites(t)
  await ask(outside, '/throws')
  assert.match(JSON.stringify(reports), /secret of throws.*objects-for-tests/)
})

test('fields by which an object would speak for its server are taken out or kept to the client', SOON, async (t) => {
  const { inside, outside } = await bothSites(t)
  const { headers, body } = await ask(outside, '/pretends')
  assert.deepEqual([String(body), headers['oriel-answer']], ['pretends', undefined])
  const framed = await ask(outside, '/framed')
  const own = await ask(inside, '/framed')
  assert.deepEqual({ ...framed.headers, date: '' }, { ...own.headers, date: '' })
})

test('what an object throws with code, fields and words is thrown at the site, as in process', SOON, async (t) => {
  const { inside, outside } = await bothSites(t)
  for (const accept of ['application/json', 'text/html', 'text/plain']) {
    const [one, two] = [
      await ask(inside, '/refuses', { headers: { accept } }),
      await ask(outside, '/refuses', { headers: { accept } }),
    ]
    assert.equal(one.status, 409)
    assert.deepEqual(two.headers['set-cookie'], ['a=1', 'b=2'])
    assert.deepEqual({ ...two.headers, date: '' }, { ...one.headers, date: '' })
    assert.equal(String(two.body), String(one.body))
  }
})

for (const name of ['too-short', 'midway']) {
  test(`an answer that breaks off (${name}) never looks whole`, SOON, async (t) => {
    const { outside, reports } = await bothSites(t)
    for (const bytes of [5, 100_000]) {
      const got = await ask(outside, `/${name}?bytes=${bytes}`)
      assert.ok(got.status === 502 || (got.status === 200 && !got.complete), `${got.status} ${got.complete}`)
      assert.doesNotMatch(String(got.body), /secret/)
    }
    assert.ok(reports.length > 0)
    assert.equal(String((await ask(outside, '/counter')).body), '1')
  })
}

test('a client that leaves an answer without end ends it in the object', SOON, async (t) => {
  const { outside, program } = await bothSites(t)
  const gone = new AbortController()
  const response = await fetch(`${outside}/endless?one`, { signal: gone.signal })
  await response.body?.getReader().read()
  gone.abort()
  await program.printed(/^endless ended \?one$/m)
})

test('a client that leaves before its answer is told the object at once', SOON, async (t) => {
  const { outside, program } = await bothSites(t)
  const gone = new AbortController()
  const left = assert.rejects(fetch(`${outside}/silent?two`, { signal: gone.signal }), { name: 'AbortError' })
  await program.printed(/^silent asked \?two/m)
  gone.abort()
  await Promise.all([left, program.printed(/^silent aborted \?two$/m)])
})

test('a program that is killed while it answers: 502, and answers again when it is back', SOON, async (t) => {
  const { outside, program } = await bothSites(t)
  const answer = ask(outside, '/silent?three')
  await program.printed(/^silent asked \?three/m)
  await program.kill()
  assert.equal((await answer).status, 502)
  assert.equal((await ask(outside, '/counter')).status, 503)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { certificate } from '../../test/support/certificates.ts'
import { AcmeAuthority } from './authority.ts'
import { systemClock } from './clock.ts'
import { newKey } from './store.ts'

const SOON = { timeout: 20_000 }

/** An authority whose server answers so; undefined where the test is skipped. */
async function authority(
  t: TestContext,
  answer: RequestListener,
  trusted: boolean = true,
): Promise<AcmeAuthority | undefined> {
  const files = certificate(t, 'localhost')
  const other = certificate(t, 'other.example')
  if (files === undefined || other === undefined) return undefined
  const server = createServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) }, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return new AcmeAuthority({
    directory: `https://localhost:${(server.address() as AddressInfo).port}/dir`,
    email: undefined,
    challenge: 'http-01',
    root: trusted ? files.cert : other.cert,
    accountKey: async () => newKey(),
    answer: () => undefined,
    clock: systemClock,
  })
}

for (const [what, answer, words] of [
  [
    'an error of its server',
    (_, response) => void response.writeHead(500).end('sorry'),
    /directory returned error 500/,
  ],
  [
    'a page that is no directory',
    (_, response) => void response.end('<h1>Hello</h1>'),
    /API resource URL in ACME directory/,
  ],
  ['a connection that is cut', (request) => void request.socket.destroy(), /^the authority cannot be reached: /],
] as const satisfies readonly (readonly [string, RequestListener, RegExp])[]) {
  test(`an order fails at once and says why: ${what}`, SOON, async (t) => {
    const asked = await authority(t, answer)
    if (asked === undefined) return
    await assert.rejects(asked.issue('a.example', new AbortController().signal), { message: words })
  })
}

test('an authority that does not prove who it is gets nothing', SOON, async (t) => {
  let requests = 0
  const asked = await authority(t, () => void requests++, false)
  if (asked === undefined) return
  const words = /^the authority cannot be reached: self-signed certificate/
  await assert.rejects(asked.issue('a.example', new AbortController().signal), { message: words })
  assert.equal(requests, 0)
})

test('an authority that says nothing is left when the order is called off', SOON, async (t) => {
  const stop = new AbortController()
  const asked = await authority(t, () => stop.abort())
  if (asked === undefined) return
  await assert.rejects(asked.issue('a.example', stop.signal), { message: 'the authority took too long' })
})

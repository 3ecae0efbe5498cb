import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { Response } from '../src/message/response.ts'
import { startEngine } from './support/engine.ts'

/* What clients try in order to be taken for somebody else, or for having asked something else. */

const SOON = { timeout: 20_000 }

for (const [target, host, expected] of [
  ['http://public.example/', 'admin.example', ['public.example', 'public.example']],
  ['http://public.example:81/', 'public.example', ['public.example:81', 'public.example:81']],
  ['http://PUBLIC.example/', 'PUBLIC.example', ['PUBLIC.example', 'PUBLIC.example']],
  ['/', 'admin.example', ['admin.example', 'admin.example']],
] as const) {
  test(
    `of ${target} and Host: ${host} every program sees the one host that was routed (RFC 9112 §3.2.2)`,
    SOON,
    async (t) => {
      const { connect } = await startEngine(t, {
        handler: (request) => Response.json([request.authority, ...request.headers.getAll('host')]),
      })
      const client = await connect()
      client.send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      assert.deepEqual(JSON.parse((await client.answer()).body), expected)
    },
  )
}

for (const [what, fields, expected] of [
  ['nothing', '', '127.0.0.1'],
  ['X-Forwarded-For', 'X-Forwarded-For: 9.9.9.9, 1.2.3.4\r\n', '1.2.3.4'],
  ['Forwarded', 'Forwarded: for=9.9.9.9, for=1.2.3.4\r\n', '1.2.3.4'],
  ['both, agreeing', 'Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\n', '1.2.3.4'],
  [
    'X-Forwarded-For behind a Forwarded of the client',
    'Forwarded: for=9.9.9.9\r\nX-Forwarded-For: 1.2.3.4\r\n',
    'unknown',
  ],
  [
    'Forwarded behind an X-Forwarded-For of the client',
    'X-Forwarded-For: 9.9.9.9\r\nForwarded: for=1.2.3.4\r\n',
    'unknown',
  ],
  ['Forwarded behind a quote that the client opened', 'Forwarded: for="\r\nForwarded: for=1.2.3.4\r\n', 'unknown'],
  ['Forwarded behind another such quote', 'Forwarded: for="x\r\nForwarded: for="[2001:db8::1]:47"\r\n', 'unknown'],
  [
    'http behind an https of the client',
    'Forwarded: for=1.2.3.4;proto=https\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: http\r\n',
    'unknown',
  ],
] as const) {
  test(`a client behind a proxy of this machine that writes ${what} is seen as ${expected}`, SOON, async (t) => {
    const { connect } = await startEngine(t, {
      trustedProxies: ['loopback'],
      handler: (_, { clientAddress, secure }) => Response.json([clientAddress, secure]),
    })
    const client = await connect()
    client.send(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
    assert.deepEqual(JSON.parse((await client.answer()).body), [expected, false])
  })
}

const OUT_OF_DESCRIPTORS = `
  import { closeSync, openSync } from 'node:fs'
  import { Site } from './build/src/site/site.js'
  const site = new Site({ routes: [{ match: '/*', files: 'docs' }] })
  const get = async () => (await site.request('/security.md')).status
  // When all that a start sets in motion is done.
  process.once('beforeExit', async () => {
    const open = []
    try {
      for (;;) open.push(openSync('/dev/null'))
    } catch {}
    const before = await get()
    for (const fd of open) closeSync(fd)
    process.stdout.write([before, await get()].join())
  })
`

test('files are 503 while there are no descriptors, and served again when there are', {
  ...SOON,
  skip: process.platform === 'win32' && 'there is no ulimit',
}, () => {
  const command = 'ulimit -n 100; exec "$0" --input-type=module -e "$1"'
  const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, OUT_OF_DESCRIPTORS], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  })
  assert.equal(stdout, '503,200', stderr)
})

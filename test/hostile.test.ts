import assert from 'node:assert/strict'
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

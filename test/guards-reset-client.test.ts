import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Response } from '../src/message/response.ts'
import { startEngine } from './support/engine.ts'

/** Says all, and resets the connection at once. */
const CLIENT = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1', () => {
  socket.write(process.argv[2], () => socket.resetAndDestroy())
})
`

test('who resets the connection before it is accepted has no address, and is none on a Unix socket', {
  timeout: 30_000,
  skip: process.platform !== 'linux' && 'elsewhere what came before a reset is not read',
}, async (t) => {
  const called: string[] = []
  const routes = [
    { match: '/near', access: { allow: { addresses: ['unix', 'loopback'] } } },
    { match: '/said', access: { scheme: { header: 'X-Remote-User', from: ['unix', 'loopback'] } } },
  ]
  const server = await startEngine(t, {
    routes: routes.map((route) => ({
      ...route,
      resource: ({ path }: { path: string }) => {
        called.push(path)
        return new Response('in')
      },
    })),
    trustedProxies: ['unix'],
  })
  const fields = 'Host: a\r\nX-Remote-User: root\r\nX-Forwarded-For: 127.0.0.1\r\nContent-Length: 0\r\n\r\n'
  for (const path of ['/near', '/said']) {
    // Nothing is accepted while this process waits for the other one.
    spawnSync(process.execPath, ['-e', CLIENT, String(server.port), `POST ${path} HTTP/1.1\r\n${fields}`])
  }
  const records = await server.logged(2)
  assert.deepEqual(called, [])
  assert.deepEqual(
    records.map(({ status, remoteIp }) => [status, remoteIp]),
    [
      [403, 'unknown'],
      [403, 'unknown'],
    ],
  )
})

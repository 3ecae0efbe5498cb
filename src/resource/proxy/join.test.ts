import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { UpgradedSocket } from '../../message/response.ts'
import { Tunnel } from './join.ts'

/** Both ends of a connection that may be half closed. */
async function pair(t: TestContext): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const { port } = server.address() as { readonly port: number }
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [far] = (await accepted) as [Socket]
  t.after(() => {
    near.destroy()
    far.destroy()
    server.close()
  })
  return [near, far]
}

async function joined(t: TestContext) {
  const [client, ofClient] = await pair(t)
  const [ofBack, back] = await pair(t)
  const tunnel = new Tunnel({ socket: ofBack as UpgradedSocket, rest: new Uint8Array() }, 3_600_000)
  tunnel.take(ofClient as UpgradedSocket, new Uint8Array())
  return { client, back, tunnel }
}

test('one side may go on when the other has ended its own', { timeout: 20_000 }, async (t) => {
  const { client, back } = await joined(t)
  client.end('last words')
  assert.equal(String((await once(back, 'data'))[0]), 'last words')
  await once(back, 'end')
  back.end('answer')
  assert.equal(String((await once(client, 'data'))[0]), 'answer')
  await once(client, 'close')
})

test('a side that never ends is closed a while after the other has ended', { timeout: 20_000 }, async (t) => {
  const { client, back, tunnel } = await joined(t)
  back.end()
  client.resume()
  await once(client, 'end')
  const closed = once(back, 'close')
  // A minute of looks at the clock.
  for (let i = 0; i < 250; i++) tunnel.tick()
  await closed
  client.destroy()
})

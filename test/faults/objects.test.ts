import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Balancer } from '../../src/gateway/balance/balancer.ts'
import { fastCgiUpstream } from '../../src/gateway/fastcgi/backends.ts'
import type { GatewayTimeouts } from '../../src/gateway/patience.ts'
import type { Connection } from '../../src/message/connection.ts'
import type { Request } from '../../src/message/request.ts'
import { WireServer } from '../../src/object/wire-server.ts'
import { serve } from '../../src/server/serve.ts'
import { ask } from '../support/client.ts'
import { FakeApplication } from '../support/fake-application.ts'
import { type PublishingProgram, runPublishing, type Until, wireServer } from '../support/published.ts'

const SOON = { timeout: 60_000 }

interface Called {
  readonly program: PublishingProgram
  readonly url: string
  /** What its server understands, by the last call. */
  readonly isWhole: () => boolean | undefined
}

async function called(t: Until, timeouts: Partial<GatewayTimeouts>): Promise<Called> {
  const program = runPublishing(t, 'published-objects')
  const objects = wireServer(await program.handle(), timeouts)
  const resource = (request: Request, connection: Connection) => objects.call('counter', request, connection)
  const server = await serve({ port: 0, routes: [{ match: '/*', resource }] })
  t.after(() => server.close())
  return { program, url: server.url.replace(/\/$/, ''), isWhole: () => objects.whole }
}

test('an object server that is stopped is 504 in its time, and answers when it goes on', SOON, async (t) => {
  const { program, url } = await called(t, { firstByte: 700 })
  assert.equal((await ask(url, '/')).status, 200)
  program.child.kill('SIGSTOP')
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(url, '/')))
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array.from({ length: 10 }, () => 504),
  )
  program.child.kill('SIGCONT')
  assert.equal((await ask(url, '/')).status, 200)
})

test('one that is stopped when it is first asked what it understands is asked again', SOON, async (t) => {
  const { program, url, isWhole } = await called(t, { firstByte: 300 })
  program.child.kill('SIGSTOP')
  assert.equal((await ask(url, '/')).status, 504)
  assert.equal(isWhole(), false)
  program.child.kill('SIGCONT')
  for (let whole = isWhole(); whole !== true; whole = isWhole()) assert.equal((await ask(url, '/')).status, 200)
})

test('what an overloaded member of an alias has not begun with goes to another one, a POST too', SOON, async (t) => {
  const SAYS = ['FCGI_MPXS_CONNS', '1', 'ORIEL_WINDOW', '65536', 'ORIEL_OBJECTS', '1']
  let refused = 0
  const full = await new FakeApplication((asked) => {
    refused++
    asked.end(0, 2)
  }, SAYS).listen()
  const other = await new FakeApplication((asked) => asked.answer('done'), SAYS).listen()
  const upstreams = [full, other].map(({ address }) => fastCgiUpstream({ address, objects: true }))
  t.after(async () => {
    for (const upstream of upstreams) upstream.close()
    await Promise.all([full.close(), other.close()])
  })
  const balancer = new Balancer({ name: 'objects', queue: () => 10 })
  balancer.become(upstreams.map((upstream, i) => ({ name: String(i), upstream: () => upstream })))
  const objects = new WireServer({ handle: 'test', upstream: { open: balancer.open } })
  const resource = (request: Request, connection: Connection) => objects.call('any', request, connection)
  const server = await serve({ port: 0, routes: [{ match: '/*', resource }] })
  t.after(() => server.close())
  // Content that was sent while it came is gone; without any all can be said once more.
  for (let i = 0; i < 2; i++) {
    const response = await fetch(server.url, { method: 'POST' })
    assert.equal(`${response.status} ${await response.text()}`, '200 done')
  }
  assert.ok(refused > 0, 'the one that is full was asked')
})

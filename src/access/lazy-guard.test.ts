import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected } from '../../test/support/connection.ts'
import { isPromise } from '../message/reply.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { AccessRules } from './access.ts'
import { lazyGuard } from './lazy-guard.ts'

const PLACE = { base: '.' }
const request = (): Request => new Request('http://h/')
const hello = (): Response => new Response('hello')

/* Nothing is loaded yet in this process, until the second test. */
test('rules that are mistyped are told at once, before anything is loaded', () => {
  for (const access of [{ allows: {} }, {}, 'private'] as unknown as AccessRules[]) {
    assert.throws(() => lazyGuard(access, PLACE), TypeError)
  }
})

test('guards that are not loaded yet hold requests back, and let in only whom they would let in', async () => {
  let called = 0
  const inner = (): Response => {
    called++
    return hello()
  }
  const open = lazyGuard({ allow: { methods: ['GET'] } }, PLACE)(inner)
  const closed = lazyGuard({ allow: { methods: ['POST'] } }, PLACE)(inner)
  const wrong = lazyGuard({ allow: { addresses: ['everywhere'] } }, PLACE)(inner)
  const replies = [open, closed, wrong].map((handler) => handler(request(), connected()))
  assert.ok(replies.every(isPromise))
  assert.equal(called, 0)
  const [came, refused, failed] = await Promise.allSettled(replies)
  assert.equal(called, 1)
  assert.ok(came?.status === 'fulfilled')
  assert.equal((refused as PromiseRejectedResult).reason.status, 403)
  assert.match(String((failed as PromiseRejectedResult).reason), /everywhere/)
  assert.ok(!isPromise(open(request(), connected())), 'from then on nobody waits')
})

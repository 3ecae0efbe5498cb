import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected } from '../../test/support/connection.ts'
import type { AuthorizationRecord } from '../message/connection.ts'
import { AuthorizationRequired } from '../message/errors.ts'
import type { Scheme } from '../message/interface.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { guard } from './guard.ts'

const SOMEBODY: AuthorizationRecord = { name: 'joe', groups: ['staff'] }

/** A guarded resource, with the users that it saw; `identify` is the scheme's. */
function guarded(identify: Scheme['identify']) {
  const connection = connected()
  const seen: (AuthorizationRecord | undefined)[] = []
  const answer = new Response('secret')
  const handler = guard({ scheme: { identify, challenge: () => 'Test realm="x"' } })((_, { user }) => {
    seen.push(user)
    return answer
  })
  return { call: () => handler(new Request('http://h/'), connection), seen, answer, connection }
}

function asksToLogIn(error: unknown): boolean {
  assert.ok(error instanceof AuthorizationRequired)
  assert.equal(error.status, 401)
  assert.equal(error.headers?.get('www-authenticate'), 'Test realm="x"')
  return true
}

test('whom the scheme identifies comes in, and the resource sees who it is', () => {
  const { call, seen, answer } = guarded(() => SOMEBODY)
  // At once: nothing had to be waited for.
  assert.equal(call(), answer)
  assert.deepEqual(seen, [SOMEBODY])
})

test('a scheme may take its time', async () => {
  const { call, seen, answer } = guarded(() => Promise.resolve(SOMEBODY))
  assert.equal(await call(), answer)
  assert.deepEqual(seen, [SOMEBODY])
})

test('who did not say who it is must log in, and the resource is not asked', async () => {
  const now = guarded(() => undefined)
  assert.throws(now.call, asksToLogIn)
  const later = guarded(() => Promise.resolve(undefined))
  await assert.rejects(async () => later.call(), asksToLogIn)
  assert.deepEqual([now.seen, later.seen, now.connection.user], [[], [], undefined])
})

test('what the scheme throws lets nobody in', async () => {
  const failure = new Error('the store of passwords is away')
  const now = guarded(() => {
    throw failure
  })
  assert.throws(now.call, failure)
  const later = guarded(() => Promise.reject(failure))
  await assert.rejects(async () => later.call(), failure)
  assert.deepEqual([now.seen, later.seen], [[], []])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected } from '../../test/support/connection.ts'
import { makeFolder } from '../../test/support/folder.ts'
import type { AuthorizationRequired } from '../message/errors.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { AccessRules } from './access.ts'
import { guard } from './guard.ts'

const LOGIN = { Authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` }

/* First of all in this process: nothing is loaded yet. */
test('schemes that are not loaded yet are loaded by the first requests, and let nobody in before', async () => {
  const store = (name: string, password: string) => (password === 'secret' ? { name, groups: [] } : undefined)
  const handler = guard({ scheme: 'basic', realm: 'x', store })((_, { user, means }) => {
    return new Response(`${user?.name} ${means?.type} ${means?.usesAuthorization}`)
  })
  const call = async (headers = {}) => handler(new Request('http://h/', { headers }), connected())
  const [refused, answer] = await Promise.allSettled([call(), call(LOGIN)])
  assert.ok(refused.status === 'rejected' && answer.status === 'fulfilled')
  const { status, headers } = refused.reason as AuthorizationRequired
  assert.deepEqual([status, headers?.get('www-authenticate')], [401, 'Basic realm="x", charset="UTF-8"'])
  assert.equal(await (answer.value as Response).text(), 'ada Basic true')
})

test('what is wrong with their options is told at start once they are loaded', () => {
  const cases: readonly (readonly [rules: AccessRules, message: RegExp])[] = [
    [{ scheme: 'basic', store: { htpasswd: 'none' } }, /there is no such file/],
    [{ scheme: 'basic', store: {} as never }, /a store is \{ htpasswd \}, a function/],
    [{ scheme: { header: 'X-User', from: ['everywhere'] } }, /is no network/],
    [{ scheme: { http: 'nowhere' } }, /nowhere/],
    [{ authorizer: { http: 'nowhere' } }, /nowhere/],
  ]
  for (const [rules, message] of cases) {
    assert.throws(() => guard(rules, { base: makeFolder() }), { message })
  }
})

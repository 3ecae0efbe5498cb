import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FACTS } from '../../../test/support/connection.ts'
import { Connection } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import { Headers } from '../../message/headers.ts'
import { Request } from '../../message/request.ts'
import { type HeaderOptions, headerScheme } from './header.ts'

const OPTIONS: HeaderOptions = { header: 'X-Remote-User', from: ['10.0.0.0/8', 'unix'], groups: 'X-Remote-Groups' }

function identify(fields: readonly (readonly [string, string])[], address = '10.1.2.3', client = address) {
  const facts = { ...FACTS, remote: { address, port: 1 } }
  const connection = new Connection(facts, new Exchange(), 'HTTP/1.1', { address: client, secure: false })
  return headerScheme(OPTIONS).identify(new Request('http://h/', { headers: new Headers(fields) }), connection)
}

test('a listed proxy is believed, over a Unix socket too', () => {
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '']) {
    const user = identify([['x-remote-USER', 'joe']], address, '203.0.113.9')
    assert.deepEqual(user, { name: 'joe', groups: [] })
  }
})

test('groups are separated by commas, and UTF-8 is text', () => {
  const fields = [
    ['X-Remote-User', 'J\u00c3\u00b6rg'],
    ['X-Remote-Groups', 'staff, web ,,a\u0085b'],
  ] as const
  assert.deepEqual(identify(fields), { name: 'J\u00f6rg', groups: ['staff', 'web'] })
})

test('from anywhere else it is as if nobody had said it, whatever address is told', () => {
  for (const address of ['11.1.2.3', '127.0.0.1', '::1', 'unknown']) {
    assert.throws(() => identify([['X-Remote-User', 'joe']], address, '10.1.2.3'), { status: 403, code: 'header' })
    const twice = [['X-Remote-User', 'joe'] as const, ['X-Remote-User', 'ann'] as const]
    assert.throws(() => identify(twice, address), { status: 403 })
  }
})

test('a field that looks like it is none of it', () => {
  for (const name of ['X_Remote_User', 'X-Remote_User', 'X-Remote-Users', 'X.Remote.User']) {
    assert.throws(() => identify([[name, 'root']]), { status: 403 })
    const user = identify([[name, 'root'] as const, ['X-Remote-User', 'joe'] as const])
    assert.equal((user as { name: string }).name, 'joe')
  }
})

test('what is said twice is refused', () => {
  const joe = ['X-Remote-User', 'joe'] as const
  for (const [one, other] of [
    [joe, joe],
    [joe, ['x-remote-user', ''] as const],
  ] as const) {
    assert.throws(() => identify([one, other]), { status: 400, code: 'header' })
  }
  assert.throws(() => identify([joe, ['X-Remote-Groups', 'a'], ['X-Remote-Groups', 'admin']]), { status: 400 })
})

for (const name of ['', 'a\u0085b', 'x'.repeat(256)]) {
  test(`${JSON.stringify(name.slice(0, 9))} is nobody's name`, () => {
    assert.throws(() => identify([['X-Remote-User', name]]), { status: 403 })
  })
}

for (const wrong of [
  { header: 'X Remote' },
  { header: '' },
  { groups: 'a:b' },
  { from: [] },
  { from: ['10.0.0.0/99'] },
]) {
  test(`${JSON.stringify(wrong)} cannot be`, () => {
    assert.throws(() => headerScheme({ ...OPTIONS, ...wrong }), TypeError)
  })
}

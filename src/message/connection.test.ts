import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, type SocketFacts } from './connection.ts'
import { Exchange, type Level } from './exchange.ts'

const facts: SocketFacts = {
  remote: { address: '192.0.2.1', port: 4000 },
  local: { address: '198.51.100.1', port: 80 },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve('proxy.example'),
}

test('a Connection tells of its socket, and of the client where a trusted proxy does', async () => {
  const direct = new Connection(facts, new Exchange(), 'HTTP/1.1')
  assert.deepEqual([direct.clientAddress, direct.secure, direct.protocol], ['192.0.2.1', false, 'HTTP/1.1'])
  const proxied = new Connection(facts, new Exchange(), 'HTTP/1.0', { address: '203.0.113.9', secure: true })
  assert.deepEqual([proxied.clientAddress, proxied.secure], ['203.0.113.9', true])
  assert.deepEqual([proxied.remote, proxied.local, proxied.tls], [facts.remote, facts.local, undefined])
  assert.equal(await proxied.remoteName(), 'proxy.example')
})

test('a proxy that spoke TLS to us says of itself whether its client did', () => {
  const connection = new Connection({ ...facts, secure: true }, new Exchange(), 'HTTP/1.1', {
    address: '203.0.113.9',
    secure: false,
  })
  assert.equal(connection.secure, false)
})

test('a user belongs to one Connection, and so to one exchange on a socket', () => {
  const first = new Connection(facts, new Exchange(), 'HTTP/1.1')
  const second = new Connection(facts, new Exchange(), 'HTTP/1.1')
  const users = (): unknown[] => [first.user, second.user]
  assert.deepEqual(users(), [undefined, undefined])
  const ada = { name: 'ada', groups: [] }
  first.identify(ada)
  assert.deepEqual(users(), [ada, undefined])
  first.identify(undefined)
  assert.deepEqual(users(), [undefined, undefined])
})

test('an Exchange reports through the one way it was given, and not at all without', () => {
  const told: [Level, string, unknown][] = []
  const exchange = new Exchange((level, event, fields) => told.push([level, event, fields]))
  exchange.report('warn', 'Look.', { a: 1 })
  assert.deepEqual(told, [['warn', 'Look.', { a: 1, requestId: exchange.requestId }]])
  assert.doesNotThrow(() => new Exchange().report('error', 'Nobody hears.'))
})

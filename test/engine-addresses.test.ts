import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Handler } from '../src/message/interface.ts'
import { Response } from '../src/message/response.ts'
import { readAnswers } from './support/answers.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { makeFolder } from './support/folder.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const here: Handler = (_, { remote, local }) =>
  new Response([remote.address, typeof remote.port, local.address].join(' '))

async function bodyFrom(to: { path: string } | { port: number; host: string }): Promise<string> {
  const client = await RawClient.open(to)
  client.send(GET)
  const { body } = await client.answer()
  await client.closed()
  client.destroy()
  return body
}

/** Leaves the socket of a server behind that was killed. */
async function abandon(path: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(lstatSync(path).isSocket())
}

test('a Unix socket is listened on, and removed in the end', SOON, async (t) => {
  const path = join(makeFolder(), 'x.sock')
  const under = await startEngine(t, { handler: here, listen: { unix: path } })
  assert.deepEqual(under.engine.urls, [`unix:${path}`])
  assert.equal(await bodyFrom({ path }), ' undefined ')
  await under.engine.close()
  assert.equal(existsSync(path), false)
})

test('a socket that a killed server left behind is taken over', SOON, async (t) => {
  const path = join(makeFolder(), 'x.sock')
  await abandon(path)
  await startEngine(t, { handler: here, listen: { unix: path } })
  assert.equal(await bodyFrom({ path }), ' undefined ')
})

test('a socket on which somebody answers is left alone', SOON, async (t) => {
  const path = join(makeFolder(), 'x.sock')
  await startEngine(t, { handler: () => new Response('first'), listen: { unix: path } })
  const second = new EngineUnderTest({ handler: here })
  await assert.rejects(second.engine.listen({ unix: path }), { code: 'EADDRINUSE' })
  assert.equal(await bodyFrom({ path }), 'first')
})

test('what is no socket is left alone', SOON, async () => {
  const folder = makeFolder({ 'notes.txt': 'mine', 'folder/': '' })
  for (const name of ['notes.txt', 'folder']) {
    const { engine } = new EngineUnderTest({ handler: here })
    await assert.rejects(engine.listen({ unix: join(folder, name) }), { code: 'EADDRINUSE' })
  }
  assert.equal(readFileSync(join(folder, 'notes.txt'), 'utf8'), 'mine')
  assert.ok(existsSync(join(folder, 'folder')))
})

test('a busy port is the error of the system', SOON, async (t) => {
  const { port } = await startEngine(t, { handler: here })
  const second = new EngineUnderTest({ handler: here })
  await assert.rejects(second.engine.listen({ port }), { code: 'EADDRINUSE' })
})

test('one engine listens on several addresses', SOON, async (t) => {
  const under = await startEngine(t, { handler: here })
  const path = join(makeFolder(), 'x.sock')
  await under.engine.listen({ unix: path })
  await under.engine.listen({ port: 0, host: 'localhost' })
  assert.equal(under.engine.urls.length, 3)
  assert.equal(await bodyFrom({ path }), ' undefined ')
  assert.equal(await bodyFrom({ port: under.port, host: '127.0.0.1' }), '127.0.0.1 number 127.0.0.1')
})

test('IPv6 is listened on, and IPv4 clients of a socket for both are told as IPv4', SOON, async (t) => {
  const has6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
  if (!has6) return t.skip('this machine has no IPv6 on loopback')
  const six = await startEngine(t, { handler: here, listen: { port: 0, host: '::1' } })
  assert.match(six.engine.urls[0] ?? '', /^http:\/\/\[::1\]:\d+$/)
  assert.equal(await bodyFrom({ port: six.port, host: '::1' }), '::1 number ::1')
  const both = await startEngine(t, { handler: here, listen: { port: 0, host: '::' } })
  assert.equal(await bodyFrom({ port: both.port, host: '::1' }), '::1 number ::1')
  assert.equal(await bodyFrom({ port: both.port, host: '127.0.0.1' }), '127.0.0.1 number 127.0.0.1')
})

/** Who the client is, for a request with some fields from some address. */
async function clientFor(trustedProxies: readonly string[], from: string, fields: readonly string[]): Promise<string> {
  const { engine } = new EngineUnderTest({
    handler: (_, { clientAddress, secure, remote }) => new Response(`${clientAddress} ${secure} ${remote.address}`),
    trustedProxies,
  })
  const ends = connectInMemory(engine, from)
  ends.give(`GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`)
  await settled()
  const { answers } = readAnswers(ends.read, [], false)
  ends.socket.destroy()
  return answers[0]?.body ?? ''
}

const EVIL = ['Forwarded: for=6.6.6.6;proto=https', 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https']
const PROXIES = ['10.0.0.0/8', 'unix']

/** Trusted proxies, whom the socket is of, the fields, and who the client is. */
const CLIENTS: readonly (readonly [readonly string[], string, readonly string[], string])[] = [
  [[], '127.0.0.1', EVIL, '127.0.0.1 false'],
  [[], '', EVIL, ' false'],
  [PROXIES, '192.0.2.1', EVIL, '192.0.2.1 false'],
  [PROXIES, '192.0.2.1', EVIL.slice(1), '192.0.2.1 false'],
  [PROXIES, '127.0.0.1', EVIL, '127.0.0.1 false'],
  [PROXIES, '10.0.0.1', [], '10.0.0.1 false'],
  [PROXIES, '10.0.0.1', EVIL.slice(1), '6.6.6.6 true'],
  [PROXIES, '::ffff:10.0.0.1', EVIL.slice(1), '6.6.6.6 true'],
  [PROXIES, '', EVIL.slice(0, 1), '6.6.6.6 true'],
  [PROXIES, '10.0.0.1', ['X-Forwarded-For: 6.6.6.6, 192.0.2.7'], '192.0.2.7 false'],
  [PROXIES, '10.0.0.1', ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 192.0.2.7'], '192.0.2.7 false'],
  [PROXIES, '10.0.0.1', ['X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.0.0.2, 10.0.0.3'], '192.0.2.7 false'],
  [PROXIES, '10.0.0.1', ['Forwarded: for=6.6.6.6, for=192.0.2.7;proto=https, for=10.0.0.2'], '192.0.2.7 true'],
  [PROXIES, '10.0.0.1', ['Forwarded: for="[2001:db8::1]:4711";proto=HTTPS'], '2001:db8::1 true'],
  [PROXIES, '10.0.0.1', ['Forwarded: for=6.6.6.6, for=unknown'], '10.0.0.1 false'],
  [PROXIES, '10.0.0.1', ['Forwarded: for=192.0.2.7', 'X-Forwarded-For: 6.6.6.6'], 'unknown false'],
  [PROXIES, '10.0.0.1', ['X-Forwarded-Proto: https'], '10.0.0.1 true'],
]

test('the client is whom trusted proxies tell, hop by hop, and nobody else is believed', SOON, async () => {
  for (const [trusted, from, fields, expected] of CLIENTS) {
    const plain = from.startsWith('::ffff:') ? from.slice(7) : from
    assert.equal(await clientFor(trusted, from, fields), `${expected} ${plain}`, `${from}: ${fields.join(', ')}`)
  }
})

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { FactsOfSocket } from './socket-facts.ts'

const SOON = { timeout: 20_000 }

/** Facts of a socket that has just these properties. */
function factsOf(socket: object): FactsOfSocket {
  return new FactsOfSocket(socket as Socket)
}

/** A TLS socket that a client reached by a name, without a certificate of its own. */
const TLS = {
  encrypted: true,
  authorized: false,
  servername: 'a.example',
  getProtocol: (): string | null => 'TLSv1.3',
  getCipher: () => ({ name: 'ECDHE', standardName: 'TLS_AES_128_GCM_SHA256', version: 'TLSv1.3' }),
  getPeerX509Certificate: (): { raw: Uint8Array } | undefined => ({ raw: new Uint8Array([1, 2]) }),
}

test('both ends are told, IPv4 over IPv6 as itself and without zones', () => {
  const facts = factsOf({
    remoteAddress: '::ffff:192.0.2.7',
    remotePort: 4711,
    localAddress: 'fe80::1%eth0',
    localPort: 80,
  })
  assert.deepEqual(facts.remote, { address: '192.0.2.7', port: 4711 })
  assert.deepEqual(facts.local, { address: 'fe80::1', port: 80 })
})

test('the ends of a Unix socket have neither address nor port', () => {
  const facts = factsOf({})
  assert.deepEqual(facts.remote, { address: '', port: undefined })
  assert.deepEqual(facts.local, { address: '', port: undefined })
})

test('what was asked for once stays as it was, also when the socket no longer knows it', () => {
  const socket = { ...TLS, remoteAddress: '192.0.2.7' as string | undefined, localAddress: '192.0.2.1' }
  const facts = factsOf(socket)
  const { remote, local, tls } = facts
  socket.remoteAddress = undefined
  socket.servername = 'b.example'
  assert.equal(facts.remote, remote)
  assert.equal(facts.local, local)
  assert.equal(facts.tls, tls)
})

test('nothing is looked up before it is asked for', () => {
  const refuse = (): never => assert.fail('looked up')
  const socket = { encrypted: true, getProtocol: refuse, getCipher: refuse, getPeerX509Certificate: refuse }
  const asked = Object.defineProperties(socket, { remoteAddress: { get: refuse }, localAddress: { get: refuse } })
  assert.equal(factsOf(asked).secure, true)
})

test('a socket without TLS is not secure and has no facts of it', () => {
  const facts = factsOf({ remoteAddress: '192.0.2.7' })
  assert.deepEqual([facts.secure, facts.tls], [false, undefined])
})

test('a TLS socket tells what was agreed on', () => {
  const facts = factsOf(TLS)
  assert.equal(facts.secure, true)
  assert.deepEqual(facts.tls, {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    serverName: 'a.example',
    peerCertificate: undefined,
  })
})

test('a certificate is told only where a listed authority had signed it', () => {
  assert.equal(factsOf(TLS).tls?.peerCertificate, undefined)
  assert.deepEqual(factsOf({ ...TLS, authorized: true }).tls?.peerCertificate, new Uint8Array([1, 2]))
  const none = { ...TLS, authorized: true, getPeerX509Certificate: () => undefined }
  assert.equal(factsOf(none).tls?.peerCertificate, undefined)
})

test('a client that asked for no name has none, and a closed socket no protocol', () => {
  const facts = factsOf({ ...TLS, servername: false, getProtocol: () => null })
  assert.deepEqual([facts.tls?.serverName, facts.tls?.protocol], [undefined, ''])
})

test('an address that the DNS cannot be asked about is its own name, and is asked for once', SOON, async () => {
  for (const address of ['', 'no address']) {
    const facts = factsOf({ remoteAddress: address })
    const name = facts.remoteName()
    assert.equal(facts.remoteName(), name)
    assert.equal(await name, address)
  }
})

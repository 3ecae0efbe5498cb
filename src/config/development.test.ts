import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { withDevelopmentTls } from './development.ts'

test('all ports that have no certificate of their own get the one for development', () => {
  const folder = makeFolder()
  const own = [{ cert: 'a.pem', key: 'a.key' }]
  const given = {
    routes: [],
    listen: [{ port: 1 }, { port: 2, host: 'a.test' }, { port: 3, host: 'b.test', tls: own }, { unix: '/x' }],
  }
  const { config, sentence } = withDevelopmentTls(given, folder)
  const file = join(folder, 'development.pem')
  const tls = [{ cert: file, key: file }]
  assert.deepEqual(config, {
    routes: [],
    listen: [{ port: 1, tls }, { port: 2, host: 'a.test', tls }, { port: 3, host: 'b.test', tls: own }, { unix: '/x' }],
  })
  assert.ok(sentence.includes(join(folder, 'development.crt')))
  const certificate = new X509Certificate(readFileSync(file))
  assert.notEqual(certificate.checkHost('a.test'), undefined)
  assert.equal(certificate.checkHost('b.test'), undefined)
})

test('where the config does not say where to listen, the usual port speaks TLS', () => {
  const { config } = withDevelopmentTls({ routes: [] }, makeFolder())
  assert.deepEqual(
    config.listen?.map(({ port, tls }) => [port, tls?.length]),
    [[8080, 1]],
  )
})

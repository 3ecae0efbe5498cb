import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSite, serve } from '../src/server/serve.ts'
import { makeFolder } from './support/folder.ts'

const ACME = { names: ['a.example'], agree: true } as const
const routes = [{ match: '/*', files: '.' }] as const

test('a site without a front door takes a config with acme, and serves none of its keys', async () => {
  const folder = makeFolder({ 'index.html': 'index', 'certificates/ca/a.example.pem': 'KEY' })
  const site = await createSite({ routes, acme: ACME, base: folder })
  const found = ['/', '/certificates/', '/certificates/ca/a.example.pem'].map(
    async (path) => (await site.request(`http://a.example${path}`)).status,
  )
  assert.deepEqual(await Promise.all(found), [200, 404, 404])
})

test('a folder that cannot be used is told, and nothing is listened on', async () => {
  const folder = makeFolder({ certificates: 'a file' })
  const config = { listen: [{ port: 0, tls: 'acme' }], acme: ACME, routes, base: folder } as const
  await assert.rejects(serve(config), { message: /^acme\.folder cannot be used: .*certificates/ })
})

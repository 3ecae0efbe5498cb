import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
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

test('nothing is written into the folder of the keys, be it there or not, nor removed from it', async () => {
  for (const contents of [{}, { 'certificates/ca/a.example.pem': 'KEY' }]) {
    const folder = makeFolder(contents)
    const write = [{ match: '/*', files: { root: '.', write: true } }] as const
    const site = await createSite({ routes: write, acme: ACME, base: folder })
    const tried = [
      ['PUT', '/certificates/ca/a.example.pem'],
      ['PUT', '/certificates'],
      ['DELETE', '/certificates/ca/a.example.pem'],
      ['DELETE', '/certificates/'],
      ['MKCOL', '/certificates/'],
    ] as const
    for (const [method, path] of tried) {
      const request = { method, ...(method === 'PUT' && { body: 'mine' }) }
      const { status } = await site.request(`http://a.example${path}`, request)
      assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`)
    }
    const kept = readdirSync(folder, { recursive: true }).sort()
    assert.deepEqual(
      kept,
      'certificates/ca/a.example.pem' in contents
        ? ['certificates', 'certificates/ca', 'certificates/ca/a.example.pem']
        : [],
    )
  }
})

test('a folder that cannot be used is told, and nothing is listened on', async () => {
  const folder = makeFolder({ certificates: 'a file' })
  const config = { listen: [{ port: 0, tls: 'acme' }], acme: ACME, routes, base: folder } as const
  await assert.rejects(serve(config), { message: /^acme\.folder cannot be used: .*certificates/ })
})

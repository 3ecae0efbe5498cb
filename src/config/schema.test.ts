import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { checkConfig } from './check.ts'

const ROOT = join(import.meta.dirname, '../../..')
const FILES = { match: '/*', files: '.' }
const TLS = { cert: 'c.pem', key: 'k.pem' }

const schema: unknown = JSON.parse(readFileSync(join(ROOT, 'dist/schema.json'), 'utf8'))
const validate = new Ajv({ strict: true, strictTypes: false, allErrors: true }).compile(schema as object)

function isGood(config: unknown): boolean {
  try {
    checkConfig(config, { name: 'x' })
    return true
  } catch {
    return false
  }
}

test('the JSON Schema and the check accept the same good configs', () => {
  const good: object[] = [
    { routes: [] },
    { routes: [FILES] },
    { routes: [{ match: '/*', files: { root: '.', index: [], listing: true, try: ['*', '*.html'], spa: true } }] },
    { routes: [{ match: '/*', files: { root: '.', spa: '/app.html', precompressed: false, dotfiles: true } }] },
    { routes: [{ match: '/*', files: { root: '.', symlinks: true, cacheControl: 'no-cache', memory: 0 } }] },
    { routes: [{ match: '/*', files: { root: '.', cacheControl: { '*.css': 'max-age=60' } } }] },
    { routes: [{ match: { path: '/x', host: 'a.example', method: 'GET' }, module: './x.ts' }] },
    { routes: [{ match: { host: ['a.example', '*.b.example'], method: ['GET', 'POST'] }, redirect: '/y' }] },
    { routes: [{ match: '/x', redirect: { to: '/y', status: 308 }, rewrite: '/z', limits: { body: 10 } }] },
    { routes: [{ match: '/x', respond: { status: 404, headers: { 'X-A': 'b' }, body: '' } }] },
    { routes: [FILES], listen: [{ port: 0 }, { port: 443, host: '::', tls: [TLS, { ...TLS, names: ['x'] }] }] },
    { routes: [FILES], listen: [{ unix: './x.sock' }], errors: { 404: 'a.html', '4xx': 'b.html', default: 'c.html' } },
    { routes: [FILES], limits: { head: 256, body: 0 }, timeouts: { idle: 1, stop: 0 } },
    { objects: { paul: 'fastcgi:unix:paul.sock', all: ['paul'] } },
    { objects: { paul: { handle: 'command:node paul.mjs', processes: 2, url: ['echo'] } }, routes: [] },
    { routes: [{ match: '/e', object: 'echo@paul' }], objects: { paul: { handle: 'module:./paul.ts', url: false } } },
    { routes: [FILES], types: { '.foo': 'text/x-foo;charset=utf-8' }, trustedProxies: ['loopback', '10.0.0.0/8'] },
  ]
  for (const config of good) {
    assert.ok(validate(config), `${JSON.stringify(config)} ${JSON.stringify(validate.errors)}`)
    assert.ok(isGood(config), JSON.stringify(config))
  }
  assert.ok(validate({ $schema: 'node_modules/oriel/dist/schema.json', routes: [] }), 'an editor needs this key')
})

test('the JSON Schema and the check refuse the same bad configs', () => {
  const bad: unknown[] = [
    [],
    'x',
    {},
    { routes: {} },
    { objects: {} },
    { objects: [] },
    { objects: { paul: 5 } },
    { objects: { paul: [] } },
    { objects: { paul: {} } },
    { objects: { paul: { handle: 'module:x', processs: 2 } } },
    { routes: [{ match: '/e', object: 5 }] },
    { routes: [5] },
    { routes: [{ files: '.' }] },
    { routes: [{ ...FILES, match: '' }] },
    { routes: [{ ...FILES, match: 5 }] },
    { routes: [{ ...FILES, match: { pth: '/' } }] },
    { routes: [{ ...FILES, match: { host: [] } }] },
    { routes: [{ ...FILES, match: { method: 5 } }] },
    { routes: [{ ...FILES, fles: '.' }] },
    { routes: [{ match: '/*', files: {} }] },
    { routes: [{ match: '/*', files: [] }] },
    { routes: [{ match: '/*', files: { root: '.', listing: 'yes' } }] },
    { routes: [{ match: '/*', files: { root: '.', memory: -1 } }] },
    { routes: [{ match: '/*', files: { root: '.', cacheControl: { a: 5 } } }] },
    { routes: [{ match: '/*', redirect: { to: '/x', status: 200 } }] },
    { routes: [{ match: '/*', redirect: { status: 301 } }] },
    { routes: [{ match: '/*', respond: { status: 199 } }] },
    { routes: [{ match: '/*', respond: 5 }] },
    { routes: [{ match: '/*', module: 5 }] },
    { routes: [{ ...FILES, limits: { body: '1' } }] },
    { routes: [], listen: [] },
    { routes: [], listen: [8080] },
    { routes: [], listen: [{ port: 65536 }] },
    { routes: [], listen: [{ port: 80.5 }] },
    { routes: [], listen: [{ port: 80, tls: [] }] },
    { routes: [], listen: [{ port: 80, tls: [{ cert: 'c' }] }] },
    { routes: [], errors: { '40x': 'x' } },
    { routes: [], errors: { 404: 5 } },
    { routes: [], errors: [] },
    { routes: [], limits: { hed: 1 } },
    { routes: [], limits: { head: 255 } },
    { routes: [], timeouts: { idle: 0 } },
    { routes: [], timeouts: { idle: 2 ** 31 } },
    { routes: [], types: { foo: 'text/x' } },
    { routes: [], types: { '.foo': 'text' } },
    { routes: [], trustedProxies: 'loopback' },
    { routes: [], rotes: [] },
  ]
  for (const config of bad) {
    assert.ok(!validate(config), JSON.stringify(config))
    assert.ok(!isGood(config), JSON.stringify(config))
  }
})

test('every key is described, for editors and for the table', () => {
  const bare: string[] = []
  const visit = (node: unknown, path: string): void => {
    if (node === null || typeof node !== 'object') return
    const { properties, anyOf, items } = node as { properties?: object; anyOf?: unknown[]; items?: unknown }
    for (const [name, inner] of Object.entries(properties ?? {})) {
      const { description } = inner as { description?: unknown }
      if (name !== '$schema' && (typeof description !== 'string' || description === '')) bare.push(`${path}.${name}`)
      visit(inner, `${path}.${name}`)
    }
    for (const choice of anyOf ?? []) visit(choice, path)
    visit(items, `${path}[]`)
  }
  visit(schema, '')
  assert.deepEqual(bare, [])
})

test('the table of keys in docs/configuration.md is that of the schema', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/config-table.mjs'), '--check'], {
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  assert.equal(status, 0)
})

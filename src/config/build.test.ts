import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificate } from '../../test/support/certificates.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { HttpError } from '../message/errors.ts'
import { type BuildOptions, type Built, buildConfig } from './build.ts'
import type { Config } from './config.ts'

const base = makeFolder({
  'public/index.html': 'index',
  'public/secret.pem': 'SECRET',
  'notes.ts': "import { Response } from 'oriel'\nexport const GET = () => new Response('notes')",
  'empty.ts': 'export const nothing = 1',
  'broken.ts': "\nthrow new Error('no luck')",
  '404.html': '<h1>Not here</h1>',
  'no.pem': 'no PEM',
})
const FILES = { match: '/*', files: './public' } as const

function build(config: Partial<Config>, options: Partial<BuildOptions> = {}): Promise<Built> {
  return buildConfig({ routes: [FILES], ...config }, { base, source: { name: 'x.json' }, ...options })
}

test('what a config names and is not there, or cannot be used, is told with its key', async (t) => {
  const pair = certificate(t, 'a.example')
  const other = certificate(t, 'b.example')
  const at = (name: string): string => join(base, name)
  const cases: [config: Partial<Config>, sentence: string | RegExp][] = [
    [{ routes: [{ match: '/*', files: './nowhere' }] }, `routes[0].files: there is no folder ${at('nowhere')}`],
    [
      { routes: [FILES, { match: '/a', files: { root: './404.html' } }] },
      `routes[1].files.root: ${at('404.html')} is no folder`,
    ],
    [{ routes: [{ match: '/a', module: './no.ts' }] }, `routes[0].module: there is no file ${at('no.ts')}`],
    [{ routes: [{ match: '/a', module: './broken.ts' }] }, 'routes[0].module: no luck (broken.ts:2)'],
    [
      { routes: [{ match: '/a', module: './empty.ts' }] },
      /^routes\[0\]\.module: a resource is a class extending Resource, .*this is an object with nothing$/,
    ],
    [{ routes: [{ match: '/a', resource: {} }] }, /^routes\[0\]: a resource is a class/],
    [
      { routes: [{ match: { method: 'get' }, files: '.' }] },
      'routes[0]: "get" is no method; methods are written in capitals',
    ],
    [{ routes: [{ ...FILES, rewrite: 'y' }] }, 'routes[0]: rewrite goes to a path, not to "y"'],
    [{ errors: { 404: './no.html' } }, `errors.404: there is no file ${at('no.html')}`],
    [{ trustedProxies: ['10.0.0.0/99'] }, /^trustedProxies: "10\.0\.0\.0\/99" is no network: give an address/],
    [
      { listen: [{ port: 0, tls: [{ cert: 'no.crt', key: 'no.pem' }] }] },
      new RegExp(`^listen\\[0\\]\\.tls\\[0\\]: the certificate ${at('no.crt')} cannot be read: ENOENT`),
    ],
    [
      { listen: [{ port: 0, tls: [{ cert: 'no.pem', key: 'no.pem' }] }] },
      /^listen\[0\]\.tls\[0\]: .* are no certificate with its key: /,
    ],
  ]
  if (pair !== undefined && other !== undefined) {
    const bad = { cert: pair.cert, key: other.key }
    cases.push(
      [{ listen: [{ port: 0, tls: [pair, bad] }] }, /^listen\[0\]\.tls\[1\]: .* are no certificate with its key: /],
      [
        { listen: [{ port: 0, tls: [{ cert: pair.key, key: pair.key }] }] },
        /^listen\[0\]\.tls\[0\]: .* are no certificate/,
      ],
      [
        { listen: [{ port: 1 }, { port: 0, tls: [{ cert: pair.cert, key: 'x.key' }] }] },
        /^listen\[1\]\.tls\[0\]: the key .*x\.key cannot be read/,
      ],
    )
  }
  for (const [config, sentence] of cases) {
    await assert.rejects(build(config), ({ name, message }: Error) => {
      assert.equal(name, 'ConfigError', message)
      assert.ok(message.startsWith('x.json: '), message)
      const said = message.slice('x.json: '.length)
      if (typeof sentence === 'string') assert.equal(said, sentence)
      else assert.match(said, sentence)
      return true
    })
  }
})

test('paths in a config are those of its folder, wherever the process runs', async () => {
  const { site, listen } = await build({
    listen: [{ unix: './x.sock' }, { port: 1, tls: [] }, { unix: '/abs.sock' }],
    routes: [FILES, { match: '/notes', module: './notes.ts' }],
    errors: { 404: './404.html' },
  })
  assert.equal(await (await site.request('/')).text(), 'index')
  assert.equal(await (await site.request('/notes')).text(), 'notes')
  const missing = await site.request('/missing')
  assert.equal(missing.status, 404)
  assert.equal(missing.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(missing.headers.get('cache-control'), 'no-store')
  assert.equal(await missing.text(), '<h1>Not here</h1>')
  assert.deepEqual(
    listen.map(({ unix }) => unix),
    [join(base, 'x.sock'), undefined, '/abs.sock'],
  )
})

test('where nothing is said it is to be served at port 8080 of this machine only', async () => {
  assert.deepEqual((await build({})).listen, [{ port: 8080 }])
})

test('an error page may be a function', async () => {
  const own = ({ status }: HttpError): Response => new Response(`own ${status}`, { status })
  const { site } = await build({ errors: { '4xx': own } })
  assert.equal(await (await site.request('/missing')).text(), 'own 404')
})

test('an error page that was removed meanwhile leaves the plain one', async () => {
  const folder = makeFolder({ '404.html': 'x' })
  const { site } = await build({ errors: { 404: join(folder, '404.html') } })
  rmSync(join(folder, '404.html'))
  const answer = await site.request('/missing')
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /404/)
})

test('limits, timeouts, loggers, middleware and types get where they work; undefined ones hide no default', async () => {
  const seen: string[] = []
  const given: object = { limits: { body: 3, head: 1000, fields: undefined }, timeouts: { idle: 5, head: undefined } }
  const { site, engine } = await build({
    routes: [
      FILES,
      { match: '/throw', resource: () => Promise.reject(new HttpError(418)) },
      {
        match: '/up',
        resource: { POST: async (request: { text(): Promise<string> }) => new Response(await request.text()) },
      },
    ],
    ...given,
    server: 'Example/1.0',
    trustedProxies: ['loopback'],
    types: { '.HTML': 'text/x-own' },
    log: [{ logRequest: ({ uri, status }) => void seen.push(`${uri} ${status}`) }],
    middleware: [
      (next) => async (request, connection) => {
        seen.push('middleware')
        return next(request, connection)
      },
    ],
  })
  const { connections, ...limits } = engine.limits ?? {}
  assert.deepEqual(
    { ...engine, limits },
    { limits: { body: 3, head: 1000 }, timeouts: { idle: 5 }, trustedProxies: ['loopback'], server: 'Example/1.0' },
  )
  assert.ok(Number(connections) > 0, 'as many as there may be descriptors for')
  const index = await site.request('/')
  assert.equal(index.headers.get('content-type'), 'text/x-own; charset=utf-8')
  assert.equal((await site.request('/up', { method: 'POST', body: 'abc' })).status, 200)
  assert.equal((await site.request('/up', { method: 'POST', body: 'abcd' })).status, 413)
  assert.equal((await site.request('/throw')).status, 418)
  assert.equal(seen.filter((word) => word === 'middleware').length, 4)
  assert.ok(seen.includes('/throw 418'))
})

test('to explain, no module is loaded and no certificate read', async () => {
  const { site } = await build(
    { routes: [{ match: '/a', module: './broken.ts' }], listen: [{ port: 0, tls: [{ cert: 'no', key: 'no' }] }] },
    { explaining: true },
  )
  const { found } = await site.explain('GET', '/a')
  assert.equal(found, true)
  assert.equal((await site.request('/a')).status, 503)
})

test('what the config names is withheld', async () => {
  const { site } = await build({ routes: [FILES] }, { withhold: [join(base, 'public/secret.pem')] })
  assert.equal((await site.request('/secret.pem')).status, 404)
  assert.equal((await (await build({})).site.request('/secret.pem')).status, 200)
})

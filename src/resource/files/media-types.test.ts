import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCompressible, mediaType, suffixOf } from './media-types.ts'

test('the type of a file is by its suffix; texts are UTF-8', async () => {
  const cases = [
    ['index.html', 'text/html; charset=utf-8'],
    ['INDEX.HTML', 'text/html; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['app.js', 'text/javascript; charset=utf-8'],
    ['app.mjs', 'text/javascript; charset=utf-8'],
    ['app.cjs', 'text/javascript; charset=utf-8'],
    ['notes.ts', 'text/plain; charset=utf-8'],
    ['view.tsx', 'text/plain; charset=utf-8'],
    ['notes.md', 'text/markdown; charset=utf-8'],
    ['data.json', 'application/json'],
    ['app.webmanifest', 'application/manifest+json'],
    ['app.wasm', 'application/wasm'],
    ['pic.svg', 'image/svg+xml'],
    ['pic.png', 'image/png'],
    ['pic.avif', 'image/avif'],
    ['favicon.ico', 'image/vnd.microsoft.icon'],
    ['font.woff2', 'font/woff2'],
    ['film.mp4', 'video/mp4'],
    ['a.tar.gz', 'application/gzip'],
    ['page.html.br', 'application/octet-stream'],
    ['README', 'application/octet-stream'],
    ['.profile', 'application/octet-stream'],
    ['a.html/README', 'application/octet-stream'],
    ['x.constructor', 'application/octet-stream'],
    ['x.__proto__', 'application/octet-stream'],
    ['x.', 'application/octet-stream'],
  ] as const
  for (const [name, type] of cases) assert.equal(await mediaType(name, {}), type, name)
})

test('the site’s own types go first, and keep their own charset', async () => {
  const types = { '.html': 'text/html; charset=iso-8859-1', '.foo': 'text/x-foo', '.md': 'application/x-md' }
  assert.equal(await mediaType('a.HTML', types), 'text/html; charset=iso-8859-1')
  assert.equal(await mediaType('a.foo', types), 'text/x-foo; charset=utf-8')
  assert.equal(await mediaType('a.md', types), 'application/x-md')
})

test('the suffix of a name is lower case, with its dot', async () => {
  const cases = [
    ['a.B', '.b'],
    ['a.tar.gz', '.gz'],
    ['none', ''],
    ['.name', ''],
    ['x/.name', ''],
    ['x.y/none', ''],
    ['end.', '.'],
  ] as const
  for (const [name, suffix] of cases) assert.equal(suffixOf(name), suffix, name)
})

test('compressing is for text and the like, not for what is compressed', async () => {
  for (const name of [
    'a.html',
    'a.css',
    'a.js',
    'a.json',
    'a.svg',
    'a.wasm',
    'a.xml',
    'a.webmanifest',
    'a.ttf',
    'a.ico',
  ])
    assert.ok(isCompressible(await mediaType(name, {})), name)
  for (const name of ['a.png', 'a.jpg', 'a.woff2', 'a.mp4', 'a.zip', 'a.gz', 'a.tar', 'a'])
    assert.ok(!isCompressible(await mediaType(name, {})), name)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOriel, startOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'

const posix = { skip: process.platform === 'win32', timeout: 20_000 }
const ACCEPT = { headers: { Accept: 'text/plain' } }

const site = (config: string): string =>
  makeFolder({
    'oriel.config.mjs': `export default {
      listen: [{ port: 0 }],
      routes: [{ match: '/', module: './broken.ts' }, { match: '/*', files: './public' }],
      ${config}
    }`,
    'broken.ts': "type A = string\n\nexport function GET(): never {\n  throw new Error('inner details' as A)\n}\n",
    'public/index.html': 'home',
  })

for (const [what, args, config, shown] of [
  ['oriel serve', [], '', false],
  ['oriel serve with development in the config', [], 'development: true', true],
  ['oriel serve --development', ['--development'], '', true],
  ['oriel serve --development with workers', ['--development'], 'workers: 2', true],
] as const) {
  test(`${what} ${shown ? 'shows' : 'hides'} what was thrown, with the line of its TypeScript`, posix, async (t) => {
    const oriel = startOriel(t, ['serve', ...args], site(config))
    const url = await oriel.url()
    const text = await (await fetch(url, ACCEPT)).text()
    assert.match(text, /^500 Internal Server Error\n/)
    assert.equal(text.includes("> 4 |   throw new Error('inner details' as A)"), shown, text)
    assert.equal(text.includes('inner details'), shown)
    oriel.signal('SIGTERM')
    await oriel.ended
  })
}

test('oriel --development serves a folder, and tells of nothing where nothing was thrown', posix, async (t) => {
  const oriel = startOriel(t, ['.', '--port', '0', '--development'], makeFolder({ 'a.txt': 'a' }))
  const text = await (await fetch(`${await oriel.url()}/none`, ACCEPT)).text()
  assert.match(text, /^404 Not Found\n[\s\S]*route: routes\[0\] \/\*\n/)
  oriel.signal('SIGTERM')
  await oriel.ended
})

for (const [what, config, code, words] of [
  [
    'a file that is not there',
    "errors: { 404: 'none.html' }",
    2,
    /oriel\.config\.mjs:\d+: errors\.404: there is no file/,
  ],
  [
    'a path that no route takes',
    "errors: { 404: { path: '/x' } }, routes: [{ match: '/', respond: '' }]",
    2,
    /errors\["404"\]: no route takes \/x by GET/,
  ],
  ['a module that is not there', "errors: { 404: { module: './no.ts' } }", 2, /errors\.404\.module: there is no file/],
  ['a status that no error has', 'intercept: [200]', 2, /intercept\[0\]: expected at least 400, not 200/],
  [
    'development that others can reach',
    "development: true, listen: [{ host: '0.0.0.0', port: 8080 }]",
    0,
    /development is on, and others can reach 0\.0\.0\.0:8080/,
  ],
] as const) {
  test(`oriel check finds ${what}`, posix, async (t) => {
    const ended = await runOriel(t, ['check'], site(config))
    assert.match(ended.stderr, words)
    assert.equal(ended.code, code)
  })
}

test('oriel explain tells which error pages a request would have', posix, async (t) => {
  const folder = site("errors: { 404: { path: '/index.html' }, '5xx': { module: './broken.ts' } }")
  const { stdout } = await runOriel(t, ['explain', 'GET', '/none'], folder)
  assert.match(stdout, /page +404: \/index\.html\n +page +5xx: a module\n/)
})

test('with development the server warns at its start where others can reach it', posix, async (t) => {
  const oriel = startOriel(t, ['.', '--port', '0', '--host', '0.0.0.0', '--development'], makeFolder({ 'a.txt': 'a' }))
  await oriel.url()
  assert.match(oriel.stderr, /development is on, and others can reach 0\.0\.0\.0:0/)
  oriel.signal('SIGTERM')
  await oriel.ended
})

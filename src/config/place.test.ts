import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KeyPath, lineOf } from './place.ts'

const JSON_TEXT = `{
  "routes": [
    { "match": "/a, [{", "files": "." },
    {
      "match": "/b",
      "files": {
        "root": ".",
        "lsting": true
      }
    }
  ],
  "listen": [
    { "port": "80" }, { "port": 81,
      "host": "x" }
  ]
}`

const TS_TEXT = `import { defineConfig } from 'oriel'
// routes: [ a comment that names keys
const shared = { memory: 5 }

export default defineConfig({
  /* listen: [
     and another */
  listen: [{ port: 8080 }],
  routes: [
    { match: '/a\\'}', respond: \`{ "x": [\` },
    { match: '/b', resource: () => ({ a: [1, 2, { b: ')' }] }) },
    {
      // what somebody said: match
      match: /* here */ '/c', // ]
      'files': { root: '.', ...shared },
    },
  ],
  errors: { 404: './404.html', '5xx': './5xx.html' },
})
`

test('the line of a key is found in JSON and in what a module exports', () => {
  const cases: readonly (readonly [text: string, path: KeyPath, line: number | undefined])[] = [
    [JSON_TEXT, ['routes'], 2],
    [JSON_TEXT, ['routes', 0], 3],
    [JSON_TEXT, ['routes', 0, 'files'], 3],
    [JSON_TEXT, ['routes', 1], 4],
    [JSON_TEXT, ['routes', 1, 'match'], 5],
    [JSON_TEXT, ['routes', 1, 'files', 'lsting'], 8],
    [JSON_TEXT, ['listen', 0, 'port'], 13],
    [JSON_TEXT, ['listen', 1, 'port'], 13],
    [JSON_TEXT, ['listen', 1, 'host'], 14],
    [TS_TEXT, ['listen', 0, 'port'], 8],
    [TS_TEXT, ['routes', 0, 'respond'], 10],
    [TS_TEXT, ['routes', 1], 11],
    [TS_TEXT, ['routes', 2], 12],
    [TS_TEXT, ['routes', 2, 'match'], 14],
    [TS_TEXT, ['routes', 2, 'files', 'root'], 15],
    [TS_TEXT, ['errors', '404'], 18],
    [TS_TEXT, ['errors', '5xx'], 18],
  ]
  for (const [text, path, line] of cases) assert.equal(lineOf(path, text), line, path.join('.'))
})

test('a key that is missing has the line of what it is missing in', () => {
  assert.equal(lineOf(['routes', 1, 'redirect'], JSON_TEXT), 4)
  assert.equal(lineOf(['listen', 0, 'unix'], JSON_TEXT), 13)
})

test('a key that code brought in is found where its name stands in one place only', () => {
  assert.equal(lineOf(['routes', 2, 'files', 'memory'], TS_TEXT), 3)
  const built = `const route = {\n  files: { root: '.', lsting: true },\n}\nexport default { routes: [route] }`
  assert.equal(lineOf(['routes', 0, 'files', 'lsting'], built), 2)
  assert.equal(lineOf(['nowhere'], built), undefined)
})

test('no text makes it throw or run on', () => {
  for (let end = 0; end <= TS_TEXT.length; end++) lineOf(['routes', 2, 'files', 'root'], TS_TEXT.slice(0, end))
  for (const text of ['', '{', '[', '{"a', "{'a\\", '{`', '/*', 'export default', '{a:/x/,b:1}', '}{']) {
    const line = lineOf(['a', 0, 'b'], text)
    assert.ok(line === undefined || line === 1, text)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../test/support/property.ts'
import { ConfigError } from './config.ts'
import type { KeyPath } from './place.ts'
import { parseYaml } from './yaml.ts'

const SITE = `# yaml-language-server: $schema=./schema.json
listen:
  - port: 8080
    host: 127.0.0.1
  -
    port: 8081
limits: &limits
  body: 5
routes:
- match: /a
  limits: *limits
  respond: { status: 204,
    headers: { 'X-A': b } }
errors:
  404: ./404.html
  "5xx": ./sorry.html
`

test('YAML says what JSON says: texts, numbers, lists and maps with texts for keys', async () => {
  const { config } = await parseYaml(SITE, 'site.yaml')
  assert.deepEqual(config, {
    listen: [{ port: 8080, host: '127.0.0.1' }, { port: 8081 }],
    limits: { body: 5 },
    routes: [{ match: '/a', limits: { body: 5 }, respond: { status: 204, headers: { 'X-A': 'b' } } }],
    errors: { 404: './404.html', '5xx': './sorry.html' },
  })
})

test('the line of a key is found, through aliases too, and that of its holder where it is missing', async () => {
  const { lineOf } = await parseYaml(SITE, 'site.yaml')
  const cases: readonly (readonly [path: KeyPath, line: number])[] = [
    [[], 2],
    [['listen'], 2],
    [['listen', 0], 3],
    [['listen', 0, 'host'], 4],
    [['listen', 1], 6],
    [['listen', 1, 'port'], 6],
    [['listen', 1, 'nowhere'], 6],
    [['listen', 2], 2],
    [['routes', 0], 10],
    [['routes', 0, 'limits', 'body'], 8],
    [['routes', 0, 'respond', 'headers', 'X-A'], 13],
    [['errors', '404'], 15],
    [['errors', '5xx'], 16],
    [['nowhere', 'at', 'all'], 2],
  ]
  for (const [path, line] of cases) assert.equal(lineOf(path), line, path.join('.'))
})

test('what a config cannot be is refused with its line', async () => {
  const cases: readonly (readonly [text: string, line: number, why: string | RegExp])[] = [
    ['a: 1\nb: 2\na: 3', 3, 'a key stands twice'],
    ['a:\n  404: x\n  "404": y', 3, 'a key stands twice'],
    ['a: 1\n---\nb: 2', 2, 'a second document begins'],
    ['a: 1\nb: !!js/function x', 2, /^a tag that is not known: /],
    ['a: !custom x', 1, /^a tag that is not known: /],
    ['a: 1\nb: !!binary aGVsbG8=', 2, 'tags are not taken here'],
    ['a: 1\nb: !!set { x, y }', 2, 'tags are not taken here'],
    ['a: 1\nb: *nowhere', 2, 'there is no anchor &nowhere before this alias'],
    ['a: 1\nb: &b\n  - *b', 3, 'an alias stands within its own anchor'],
    ['a: 1\n{ b: c }: d', 2, /./],
    ['a: 1\n? [b]\n: d', 2, 'a key must be a text'],
    ['a:\n\t- b', 2, /^Tabs /],
    ['a: [1\nb: 2', 2, /./],
    ['a: 1\n b: 2', 1, /./],
    ['['.repeat(100_000), 1, /./],
  ]
  for (const [text, line, why] of cases) {
    await assert.rejects(parseYaml(text, 'FILE'), (error: Error) => {
      const [, told, said = ''] = /^FILE:(\d+): this is no YAML that a config can be: (.*)$/s.exec(error.message) ?? []
      assert.ok(error instanceof ConfigError, error.stack)
      assert.equal(Number(told), line, `${text.slice(0, 50)}: ${error.message}`)
      if (typeof why === 'string') assert.equal(said, why)
      else assert.match(said, why)
      return true
    })
  }
})

test('tags that say what is there anyhow are taken', async () => {
  const { config } = await parseYaml('a: !!str 1\nb: ! 2\nc: !!map { d: !!int 3 }', 'FILE')
  assert.deepEqual(config, { a: '1', b: '2', c: { d: 3 } })
})

test('aliases of aliases are not multiplied without end', async () => {
  const letters = [...'abcdefghijkl']
  const bomb = letters.map((name, i) => `${name}: &${name} [${Array(9).fill(i === 0 ? 'x' : `*${letters[i - 1]}`)}]`)
  await assert.rejects(parseYaml(bomb.join('\n'), 'FILE'), /Excessive alias count/)
})

test('nothing is read as more than it says: yes, dates and merge keys are texts', async () => {
  const { config } = await parseYaml('a: yes\nb: 2027-01-02\nc: { <<: { d: 1 } }\ne: 0660\n__proto__: { f: 1 }', 'FILE')
  const expected = JSON.parse('{"a":"yes","b":"2027-01-02","c":{"<<":{"d":1}},"e":660,"__proto__":{"f":1}}') as object
  assert.deepEqual(config, expected)
})

test('every text is a config or is refused as one', async () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '&a',
    '*a',
    '!',
    '[',
    ']',
    '{',
    '}',
    '"',
    '|',
    '#',
    '? ',
    '<<',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      const parsed = await parseYaml(pieces.join(''), 'FILE').catch((error: unknown) => {
        assert.ok(error instanceof ConfigError, String(error))
        return undefined
      })
      if (parsed === undefined) return
      JSON.stringify(parsed.config)
      assert.ok((parsed.lineOf(['a', 0, 'a']) ?? 1) >= 1)
    }),
    runs(300),
  )
})

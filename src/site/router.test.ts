import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalPath, decodedText } from '../message/path.ts'
import { PathTable } from './router.ts'

function table(...patterns: readonly string[]): PathTable<number> {
  return new PathTable(patterns.map((pattern, i) => [pattern, i] as const))
}

/** The patterns for a path, in order, as their texts. */
function order(patterns: readonly string[], path: string): string[] {
  return table(...patterns)
    .all(path)
    .map(({ pattern }) => pattern.text)
}

for (const [what, patterns, path, expected] of [
  ['a literal before a parameter', ['/:x', '/a'], '/a', ['/a', '/:x']],
  ['a parameter before a * for the rest', ['/*', '/:x'], '/a', ['/:x', '/*']],
  ['the first segment that differs', ['/:x/b/c', '/a/*'], '/a/b/c', ['/a/*', '/:x/b/c']],
  ['the second where the first are equal', ['/a/:x', '/a/b', '/a/*'], '/a/b', ['/a/b', '/a/:x', '/a/*']],
  ['a literal deep down', ['/:x/:y/c', '/:x/b/:z'], '/a/b/c', ['/:x/b/:z', '/:x/:y/c']],
  ['the end of the pattern before a * for none', ['/a/*', '/a'], '/a', ['/a', '/a/*']],
  ['a longer mount', ['/*', '/a/*', '/a/b/*'], '/a/b/c', ['/a/b/*', '/a/*', '/*']],
  ['more text beside a parameter', ['/:x', '/a:x', '/abc:x', '/:x-d'], '/abc-d', ['/abc:x', '/:x-d', '/a:x', '/:x']],
  ['a suffix before a plain *', ['/*', '/*.gz', '/*.tar.gz'], '/x.tar.gz', ['/*.tar.gz', '/*.gz', '/*']],
  ['a longer mount before a suffix', ['/*.php', '/a/*'], '/a/x.php', ['/a/*', '/*.php']],
  ['the order given among equals', ['/:x', '/:y', '/*', '/:z'], '/a', ['/:x', '/:y', '/:z', '/*']],
  ['a * for one segment like a parameter', ['/*/b', '/:x/b', '/:x/*'], '/a/b', ['/*/b', '/:x/b', '/:x/*']],
] as const) {
  test(`what comes first: ${what}`, () => {
    assert.deepEqual(order(patterns, path), expected)
    assert.equal(table(...patterns).first(path)?.pattern.text, expected[0])
  })
}

for (const [pattern, matching, others] of [
  ['/', ['/'], ['/a']],
  ['/a', ['/a', '/a/'], ['/', '/A', '/a/b', '/ab']],
  ['/a/', ['/a', '/a/'], ['/a/b']],
  ['/:x', ['/a', '/a/', '/%2F', '/constructor'], ['/', '/a/b']],
  ['/*', ['/', '/a', '/a/b/'], []],
  ['/a/*', ['/a', '/a/', '/a/b', '/a/b/c'], ['/ab', '/']],
  ['/*/b', ['/a/b', '/b/b/'], ['/b', '/a/c/b']],
  ['/*.php', ['/a.php', '/a/b.php', '/.php'], ['/a.php/', '/a.php/b', '/php', '/a.PHP']],
  ['/a.b/*.b', ['/a.b/c.b', '/a.b/d/c.b'], ['/a.b', '/a.b/', '/c.b']],
  ['/p:x', ['/pq', '/p-/'], ['/p', '/q']],
  ['/:name.:ext', ['/a.b', '/a.b.c'], ['/ab', '/.b', '/a.']],
  ['/(x)', ['/(x)'], ['/x']],
  ['/a.c', ['/a.c'], ['/abc']],
  ['/a b', ['/a%20b'], []],
  ['/__proto__', ['/__proto__'], ['/toString']],
  ['/a%2Ab', ['/a*b'], ['/axb']],
] as const) {
  test(`${pattern} takes ${matching.join(', ')}${others.length > 0 ? ` and not ${others.join(', ')}` : ''}`, () => {
    for (const path of matching) assert.equal(table(pattern).first(path)?.value, 0, path)
    for (const path of others) assert.equal(table(pattern).first(path), undefined, path)
    for (const path of others) assert.deepEqual(table(pattern).all(path), [], path)
  })
}

for (const [pattern, path, mount, params] of [
  ['/a/:id', '/a/7', '', { id: '7' }],
  ['/a/:id', '/a/x%20y%C3%BC', '', { id: 'x yü' }],
  ['/a/:id', '/a/x%2Fy', '', { id: 'x/y' }],
  ['/a/:id', '/a/%FF', '', { id: '%FF' }],
  ['/a/:id', '/a/%252F', '', { id: '%2F' }],
  ['/:name.:ext', '/a.tar.gz', '', { name: 'a', ext: 'tar.gz' }],
  ['/:__proto__/:constructor', '/a/b', '', { ['__proto__']: 'a', constructor: 'b' }],
  ['/files/*', '/files/a/b', '/files', undefined],
  ['/files/*', '/files', '/files', undefined],
  ['/*', '/a', '', undefined],
  ['/*.php', '/a/x.php', '', undefined],
  ['/a/*.php', '/a/b/x.php', '/a', undefined],
  ['/:user/files/*', '/joe%20x/files/a', '/joe%20x/files', { user: 'joe x' }],
  ['/*/*', '/a/b/c', '/a', undefined],
] as const) {
  test(`${pattern} is mounted at ${JSON.stringify(mount)} for ${path}, its parameters decoded once`, () => {
    for (const found of [table(pattern).first(path), table(pattern).all(path)[0]]) {
      assert.equal(found?.mount, mount)
      assert.deepEqual(
        found?.params === undefined ? undefined : Object.entries(found.params),
        params === undefined ? undefined : Object.entries(params),
      )
    }
  })
}

test('a pattern that is none is refused', () => {
  assert.throws(() => table('/a', 'b'), TypeError)
})

/** Segments by which the reference matches: a literal, a regular expression with its names, or the rest. */
interface Reference {
  readonly place: number
  readonly rank: string
  readonly beside: number
  readonly suffix: string
  params(path: string): Record<string, string> | undefined
}

/** The rules of the table's doc comment, as simple as can be: every pattern is tried, and those that fit are sorted. */
function reference(text: string, place: number): Reference {
  const segments = text.split('/').slice(1)
  const last = segments[segments.length - 1] ?? ''
  const rest = /^\*(\..+)?$/.exec(last)
  if (rest !== null || last === '') segments.pop()
  const literals = (segment: string): string => segment.replace(/:\w+/g, '')
  const expressions = segments.map((segment) =>
    segment === '*' ? /^[^/]+$/ : new RegExp(`^${segment.replaceAll('.', '\\.').replace(/:(\w+)/g, '(?<$1>[^/]+?)')}$`),
  )
  return {
    place,
    rank: segments.map((s) => (s === '*' || s.includes(':') ? '1' : '0')).join('') + (rest === null ? '' : '2'),
    beside: segments.filter((s) => s.includes(':')).reduce((sum, s) => sum + literals(s).length, 0),
    suffix: rest?.[1] ?? '',
    params(path) {
      const parts = path.split('/').slice(1)
      if (parts[parts.length - 1] === '') parts.pop()
      if (parts.length < segments.length || (rest === null && parts.length > segments.length)) return undefined
      const found: Record<string, string> = {}
      for (const [i, expression] of expressions.entries()) {
        const m = expression.exec(parts[i] ?? '')
        if (m === null) return undefined
        for (const [name, value] of Object.entries(m.groups ?? {})) found[name] = decodedText(value) ?? value
      }
      const behind = path.split('/').slice(segments.length + 1)
      return rest?.[1] === undefined || `/${behind.join('/')}`.endsWith(rest[1]) ? found : undefined
    },
  }
}

function compare(a: Reference, b: Reference): number {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1
  return b.beside - a.beside || b.suffix.length - a.suffix.length || a.place - b.place
}

const segment = fc.constantFrom('a', 'b', 'ab', 'a.b', ':', ':', '*', 'a:', ':b', 'a-:', ':-:', ':.:', 'a-:.b')
const end = fc.constantFrom('', '', '/', '/*', '/*', '/*.b', '/*.a.b')
const patternText = fc.tuple(fc.array(segment, { maxLength: 4 }), end).map(([segments, tail]) => {
  let count = 0
  const named = segments.map((one) => `/${one}`.replace(/:/g, () => `:n${count++}`)).join('')
  const text = named + (/\*\./.test(tail) && /[:*]/.test(named) ? '/*' : tail)
  return text === '' ? '/' : text
})
const pathText = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', 'ab', 'a.b', 'b.b', 'a-b', 'a-b.b', 'x', 'a%2Fb', '*', ':n0', '.b'), {
      maxLength: 5,
    }),
    fc.constantFrom('', '/'),
  )
  .map(([segments, tail]) => segments.map((one) => `/${one}`).join('') + (segments.length === 0 ? '/' : tail))

test('the table agrees with a plain implementation of its rules, and its first with all of it', () => {
  fc.assert(
    fc.property(fc.array(patternText, { maxLength: 12 }), fc.array(pathText, { minLength: 1 }), (patterns, paths) => {
      const routes = table(...patterns)
      const references = patterns.map(reference)
      for (const path of paths) {
        assert.equal(canonicalPath(path), path)
        const expected = references
          .map((one) => ({ one, params: one.params(path) }))
          .filter(({ params }) => params !== undefined)
          .sort((a, b) => compare(a.one, b.one))
          .map(({ one, params }) => [one.place, { ...params }])
        const all = routes.all(path)
        assert.deepEqual(
          all.map(({ value, params }) => [value, { ...params }]),
          expected,
          path,
        )
        assert.deepEqual(routes.first(path), all[0], path)
      }
    }),
    { numRuns: 1000 },
  )
})

test('the table works where code may not be made from text', () => {
  const script = `
    import { PathTable } from ${JSON.stringify(new URL('./router.js', import.meta.url).href)}
    const found = new PathTable([['/a/:x', 1], ['/*', 2]]).all('/a/b')
    process.stdout.write(JSON.stringify(found.map(({ value, params }) => [value, params])))`
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script]
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' })
  assert.equal(stdout, '[[1,{"x":"b"}],[2,null]]', stderr)
})

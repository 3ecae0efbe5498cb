import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { ConfigError } from './config.ts'
import { CONFIG_NAMES, findConfig, loadConfig } from './load.ts'

const ROUTES = "routes: [{ match: '/*', files: '.' }]"
const folder = makeFolder()

let count = 0
/** A config of its own folder, so that no module cache stands in for it. */
function written(name: string, content: string): string {
  const made = makeFolder({ [name]: content })
  count++
  return join(made, name)
}

/** What is said of a config that cannot be had, with `FILE` for its path. */
async function refusal(path: string): Promise<string> {
  try {
    await loadConfig(path)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message.replaceAll(path, 'FILE')
  }
  assert.fail(`${path} is accepted`)
}

test('a config is read from TypeScript, JavaScript, JSON and YAML', async () => {
  const ts = `import { defineConfig, type Route } from 'oriel'
    enum Never { A = 'a' }
    const route: Route = { match: '/*', files: '.' } satisfies Route
    export default defineConfig({ routes: [route], types: { '.a': \`text/\${Never.A}\` as string } })`
  const cases = [
    ['oriel.config.ts', ts],
    ['oriel.config.ts', `export default { ${ROUTES} }`],
    ['oriel.config.mts', `export default { ${ROUTES} }`],
    ['oriel.config.mjs', `export default { ${ROUTES} }`],
    ['oriel.config.mjs', `import { defineConfig } from 'oriel'\nexport default defineConfig({ ${ROUTES} })`],
    ['oriel.config.cjs', `module.exports = { ${ROUTES} }`],
    ['oriel.config.json', '{ "routes": [{ "match": "/*", "files": "." }] }'],
    ['oriel.config.json', '\ufeff{ "$schema": "x", "routes": [{ "match": "/*", "files": "." }] }'],
    ['oriel.config.yaml', 'routes:\n  - match: /*\n    files: .\n'],
    ['oriel.config.yml', '# yaml-language-server: $schema=x\n$schema: x\nroutes: [{ match: /*, files: . }]\n'],
    ['odd name # %41.json', '{ "routes": [{ "match": "/*", "files": "." }] }'],
    ['odd name # %41.ts', `export default { ${ROUTES} }`],
    ['odd name # %41.mjs', `export default { ${ROUTES} }`],
  ] as const
  for (const [name, content] of cases) {
    const path = written(name, content)
    const { config, file, source } = await loadConfig(relative('.', path))
    assert.deepEqual(config.routes, [{ match: '/*', files: '.' }], name)
    assert.equal(file, path)
    assert.deepEqual({ name: source.name, text: source.text }, { name: relative('.', path), text: content })
  }
  assert.equal(count, cases.length)
})

test('a config in JavaScript needs no package.json that says what it is', async () => {
  const path = written('oriel.config.js', `export default { ${ROUTES} }`)
  assert.equal((await loadConfig(path)).config.routes.length, 1)
})

test('what a module imports beside it is loaded too, with or without its suffix', async () => {
  const made = makeFolder({
    'oriel.config.ts':
      "import { root } from './shared.ts'\nimport { more } from './more.js'\nexport default { routes: [{ match: '/*', files: root + more }] }",
    'shared.ts': "export const root: string = './pub'",
    'more.ts': "export const more: string = 'lic'",
  })
  const { config } = await loadConfig(join(made, 'oriel.config.ts'))
  assert.equal(config.routes[0]?.files, './public')
})

test('a config that cannot be had is told in a sentence', async () => {
  mkdirSync(join(folder, 'oriel.config.ts'))
  const cases: readonly (readonly [path: string, sentence: string | RegExp])[] = [
    [join(folder, 'nowhere.ts'), 'there is no config FILE'],
    [join(folder, 'oriel.config.ts'), 'FILE is a folder: name the config file in it'],
    [written('a.json', '{ "routes": [ }'), /^FILE is no JSON: Unexpected token/],
    [written('a.json', ''), /^FILE is no JSON: Unexpected end/],
    [written('a.json', 'null'), 'FILE:1: the config: expected an object, not null'],
    [written('a.json', '[]'), 'FILE:1: the config: expected an object, not a list'],
    [written('a.yaml', ''), 'FILE:1: the config: expected an object, not null'],
    [written('a.yaml', 'a: [\n'), /^FILE:2: this is no YAML that a config can be: /],
    [written('a.yml', 'routes: []\nrotes: []'), 'FILE:2: rotes: there is no such key; did you mean "routes"?'],
    [written('a.ts', 'export const config = {}'), 'FILE must export its config: export default defineConfig({ … })'],
    [written('a.mjs', ''), 'FILE must export its config: export default defineConfig({ … })'],
    [written('a.ts', "\nthrow new Error('out of\\n luck')"), 'FILE cannot be loaded: out of luck (a.ts:2)'],
    [written('a.mjs', "\n\nthrow new TypeError('no luck')"), 'FILE cannot be loaded: TypeError: no luck (a.mjs:3)'],
    [written('a.mjs', "throw 'a text'"), 'FILE cannot be loaded: it throws a text'],
    [written('a.ts', 'throw undefined'), 'FILE cannot be loaded: it throws undefined'],
    [written('a.ts', 'export default {\n  routes: [\n}'), /^FILE cannot be loaded: .*a\.ts.*3/],
    [
      written('a.mjs', 'export default {\n  routes: [\n}'),
      /^FILE cannot be loaded: ParseError: Unexpected token a\.mjs:\d+:\d+$/,
    ],
    [
      written('a.ts', "import './nowhere.ts'\nexport default {}"),
      /^FILE cannot be loaded: Cannot find module '.*nowhere\.ts'/,
    ],
    [
      written('a.mjs', "import 'no-such-package'\nexport default {}"),
      /^FILE cannot be loaded: Cannot find package 'no-such-package'/,
    ],
    [
      written('a.ts', 'export default {\n  routes: [],\n  rotes: []\n}'),
      'FILE:3: rotes: there is no such key; did you mean "routes"?',
    ],
    [written('a.js', 'export default { routes: 5 }'), 'FILE:1: routes: expected a list, not 5'],
  ]
  for (const [path, sentence] of cases) {
    const said = await refusal(path)
    if (typeof sentence === 'string') assert.equal(said, sentence)
    else assert.match(said, sentence)
    assert.ok(!said.includes('\n'), said)
    assert.ok(!said.includes('    at '), said)
  }
})

test('what is wrong with a config is told by the name that it was given', async () => {
  const path = written('x.json', '{ "routes": [],\n"rotes": [] }')
  await assert.rejects(loadConfig(relative('.', path)), ({ message }: Error) =>
    message.startsWith(`${relative('.', path)}:2: rotes: `),
  )
})

test('where no config is named the first of the usual names counts', () => {
  const suffixes = ['ts', 'js', 'mjs', 'json', 'yaml', 'yml']
  assert.deepEqual(
    CONFIG_NAMES,
    suffixes.map((suffix) => `oriel.config.${suffix}`),
  )
  const all = Object.fromEntries(CONFIG_NAMES.map((name) => [name, '']))
  const names = [...CONFIG_NAMES]
  while (names.length > 0) {
    const made = makeFolder(Object.fromEntries(names.map((name) => [name, all[name] ?? ''])))
    assert.equal(findConfig(made), join(made, names.shift() ?? ''))
  }
  assert.equal(findConfig(makeFolder({ 'oriel.config.toml': '' })), undefined)
  assert.equal(findConfig(join(folder, 'nowhere')), undefined)
})

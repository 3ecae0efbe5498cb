import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const SRC = join(import.meta.dirname, '../../src')

/** The layers, from the lowest: a folder imports only from earlier lines; folders on one line never import each other. */
const LAYERS = [
  ['message'],
  ['protocol', 'io'],
  ['gateway', 'process', 'acme'],
  ['object'],
  ['resource', 'access', 'middleware', 'log'],
  ['site'],
  ['door'],
  ['config'],
  ['server'],
  ['cli'],
]
/** Lines a file may have, tests included. */
const MAX_LINES = 300
const MAX_TEST_LINES = 600

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'))
const code = new Map(files.map((name) => [name, readFileSync(join(SRC, name), 'utf8')]))
const own = files.filter((name) => !name.endsWith('.test.ts'))

/** The code without its comments and its texts. */
function bare(name: string): string {
  return (code.get(name) ?? '').replace(/\/\*[\s\S]*?\*\/|\/\/.*|`(?:[^`\\]|\\.)*`|'[^'\n]*'/g, '')
}

function importsOf(name: string): string[] {
  const text = code.get(name) ?? ''
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g),
  ]
  return found.map((m) => m[1] ?? m[2] ?? '')
}

function localImportsOf(name: string): string[] {
  return importsOf(name)
    .filter((path) => path.startsWith('.'))
    .map((path) => relative(SRC, join(SRC, dirname(name), path)).replaceAll('\\', '/'))
}

function layerOf(name: string): number {
  const folder = name.split('/')[0] ?? ''
  return name.includes('/') ? LAYERS.findIndex((line) => line.includes(folder)) : LAYERS.length
}

test('every folder stands in the list of layers', () => {
  assert.deepEqual(
    own.filter((name) => layerOf(name) < 0),
    [],
  )
})

test('a folder imports only from the folders before it', () => {
  const wrong: string[] = []
  for (const name of own) {
    for (const imported of localImportsOf(name)) {
      const sameFolder = name.includes('/') && name.split('/')[0] === imported.split('/')[0]
      if (!sameFolder && layerOf(imported) >= layerOf(name)) wrong.push(`${name} imports ${imported}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('there are no import cycles, type imports counted', () => {
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (name: string, path: readonly string[]): void => {
    if (state.get(name) === 'done') return
    if (state.get(name) === 'open') {
      cycles.push([...path.slice(path.indexOf(name)), name].join(' > '))
      return
    }
    state.set(name, 'open')
    for (const imported of localImportsOf(name)) visit(imported, [...path, name])
    state.set(name, 'done')
  }
  for (const name of own) visit(name, [])
  assert.deepEqual(cycles, [])
})

test('message and protocol know no platform, protocol no sockets and no timers', () => {
  const wrong: string[] = []
  for (const name of own.filter((file) => /^(?:message|protocol)\//.test(file))) {
    for (const imported of importsOf(name)) if (imported.startsWith('node:')) wrong.push(`${name} imports ${imported}`)
    if (/\b(?:setTimeout|setInterval|setImmediate)\(/.test(code.get(name) ?? '')) wrong.push(`${name} has a timer`)
  }
  assert.deepEqual(wrong, [])
})

/** Says where objects are to whoever publishes them by hand. */
const SAYS_ITS_PLACE = 'door/publish/say.ts'

test('only the command line prints', () => {
  const printing = own.filter(
    (name) =>
      !name.startsWith('cli/') &&
      name !== SAYS_ITS_PLACE &&
      /\bconsole\.|process\.(?:stdout|stderr)\b/.test(code.get(name) ?? ''),
  )
  assert.deepEqual(printing, [])
})

test('there is no any', () => {
  assert.deepEqual(
    files.filter((name) => /[:<|&]\s*any\b|,\s*any\s*[>)]|\(any\)|\bas any\b/.test(bare(name))),
    [],
  )
})

test('no file is too long', () => {
  const long = files.filter((name) => {
    const lines = (code.get(name) ?? '').split('\n').length
    return lines > (name.endsWith('.test.ts') ? MAX_TEST_LINES : MAX_LINES)
  })
  assert.deepEqual(long, [])
})

test('default exports are for configs and resource modules only', () => {
  assert.deepEqual(
    own.filter((name) => /^export default\b/m.test(bare(name))),
    [],
  )
})

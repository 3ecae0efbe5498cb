import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { evaluatedFiles, Modules } from './modules.ts'

type Exports = Record<string, unknown>

test('a module comes with all that it exports; one that is not there is told', async () => {
  const folder = makeFolder({ 'm.ts': 'export const made = {}\nexport const GET = (): string => "x"' })
  const modules = new Modules()
  assert.deepEqual(Object.keys((await modules.load(join(folder, 'm.ts'))) as Exports).sort(), ['GET', 'made'])
  const nowhere = join(folder, 'nowhere.ts')
  await assert.rejects(modules.load(nowhere), { name: 'ModuleError', message: `there is no file ${nowhere}` })
})

test('modules of one reading share what they import, in TypeScript and JavaScript', async () => {
  const folder = makeFolder({
    'state.ts': 'export const state: Map<string, string> = new Map()',
    'a.ts': "export { state } from './state.ts'",
    'b.ts': "import { state } from './state.ts'\nexport const same = state",
    'c.mjs': "export { state } from './state.ts'",
  })
  const modules = new Modules(true)
  const [a, b, c] = await Promise.all(['a.ts', 'b.ts', 'c.mjs'].map((name) => modules.load(join(folder, name))))
  assert.ok((a as Exports)['state'] instanceof Map)
  assert.equal((a as Exports)['state'], (b as Exports)['same'])
  assert.equal((a as Exports)['state'], (c as Exports)['state'])
})

for (const [name, imported] of [
  ['m.ts', 'value.ts'],
  ['m.mjs', 'value.mjs'],
  ['m.js', 'value.js'],
  ['m.ts', 'value.json'],
] as const) {
  test(`the next reading evaluates ${name} and the ${imported} that it imports again`, async () => {
    const json = imported.endsWith('.json')
    const content = (n: number): string => (json ? `{ "value": ${n} }` : `export const value = ${n}`)
    const folder = makeFolder({
      'package.json': '{ "type": "module" }',
      [name]: json ? `import it from './${imported}'\nexport const value = it.value` : `export * from './${imported}'`,
      [imported]: content(1),
    })
    const file = join(folder, name)
    assert.equal(((await new Modules().load(file)) as Exports)['value'], 1)
    for (const n of [2, 3]) {
      writeFileSync(join(folder, imported), content(n))
      assert.equal(((await new Modules(true).load(file)) as Exports)['value'], n)
    }
  })
}

test('a module may await at its top level', async () => {
  const folder = makeFolder({
    'm.ts': "import { n } from './n.ts'\nexport const value: number = await Promise.resolve(n)",
  })
  const file = join(folder, 'm.ts')
  for (const n of [1, 2]) {
    writeFileSync(join(folder, 'n.ts'), `export const n = await Promise.resolve(${n})`)
    assert.equal(((await new Modules(n > 1).load(file)) as Exports)['value'], n)
  }
})

test('an installed package is not evaluated again', async () => {
  const folder = makeFolder({
    'm.ts': "import { it } from 'pack'\nexport const got = it",
    'node_modules/pack/package.json': '{ "name": "pack", "type": "module", "exports": "./index.js" }',
    'node_modules/pack/index.js': 'export const it = {}',
  })
  const file = join(folder, 'm.ts')
  const first = (await new Modules(true).load(file)) as Exports
  const second = (await new Modules(true).load(file)) as Exports
  assert.equal(first['got'], second['got'])
  assert.notEqual(first, second)
})

test('it is known which files of the site were read', async () => {
  const folder = makeFolder({ 'm.ts': "export * from './n.ts'", 'n.ts': 'export const x = 1' })
  await new Modules(true).load(join(folder, 'm.ts'))
  assert.deepEqual(evaluatedFiles().sort(), [join(folder, 'm.ts'), join(folder, 'n.ts')])
})

test('a module may have types that only a compiler can take away', async () => {
  const folder = makeFolder({
    'm.ts': `namespace N { export const x = 1 }
     class A { constructor(readonly y: number) {} }
     abstract class B<T> { declare z: T }
     export const got = N.x + new A(2).y + (null ?? 3)!`,
  })
  assert.equal(((await new Modules().load(join(folder, 'm.ts'))) as Exports)['got'], 6)
})

test('a module that throws is told in one line, and can be mended', async () => {
  const folder = makeFolder({ 'm.ts': '\nthrow new RangeError("no luck")' })
  const file = join(folder, 'm.ts')
  await assert.rejects(new Modules(true).load(file), { message: /^RangeError: no luck \(m\.ts:\d+\)$/ })
  writeFileSync(file, 'export const good = true')
  assert.equal(((await new Modules(true).load(file)) as Exports)['good'], true)
})

test('JavaScript that cannot be read is told with its place, and one that imports too little as Node says it', async () => {
  const folder = makeFolder({
    'broken.mjs': 'export const a = 1\nexport default function( {\n',
    'imports.mjs': "import './broken.mjs'",
    'wants.mjs': "import { no } from './has.mjs'\nexport default no",
    'has.mjs': 'globalThis.ran = true',
    'parses.mjs': "globalThis.parsed = (globalThis.parsed ?? 0) + 1\nJSON.parse('{')",
  })
  const place = { message: /broken\.mjs:3/ }
  await assert.rejects(new Modules().load(join(folder, 'broken.mjs')), place)
  await assert.rejects(new Modules().load(join(folder, 'imports.mjs')), place)
  await assert.rejects(new Modules().load(join(folder, 'wants.mjs')), { message: /export named 'no'/ })
  assert.ok(!('ran' in globalThis))
  await assert.rejects(new Modules().load(join(folder, 'parses.mjs')), { message: /JSON.*\(parses\.mjs:2\)/ })
  assert.equal((globalThis as { parsed?: number }).parsed, 1)
})

test('a module that never finishes loading is given up, and holds no other reading up', {
  timeout: 20_000,
}, async () => {
  const folder = makeFolder({
    'never.ts': 'await new Promise(() => {})\nexport const value = 1',
    'never.mjs': 'await new Promise(() => {})\nexport const value = 1',
    'm.ts': 'export const value = 2',
  })
  for (const name of ['never.ts', 'never.mjs']) {
    const message = 'it was not loaded after 0.05 seconds: it awaits something that does not come'
    await assert.rejects(new Modules(false, 50).load(join(folder, name)), { name: 'ModuleError', message })
  }
  assert.equal(((await new Modules(true).load(join(folder, 'm.ts'))) as Exports)['value'], 2)
})

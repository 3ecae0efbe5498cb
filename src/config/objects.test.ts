import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fill, makeFolder } from '../../test/support/folder.ts'
import { applicationKeys, applicationsOf } from './applications.ts'
import { type BuildOptions, type Built, buildConfig } from './build.ts'
import type { Config } from './config.ts'
import { guardLines, openObjects } from './guarding.ts'
import { Modules } from './modules.ts'
import { objectLines } from './object-lines.ts'

function publishing(name: string, objects: string): string {
  return `import { publish, Response } from 'oriel'
const told = (text) => (request) => new Response(text + ' ' + request.mount + ' ' + request.path)
await publish('${name}', ${objects})`
}

const base = makeFolder({
  'moira.ts': publishing('moira', "{ echo: told('echo'), other: told('other') }"),
  'paul.ts': publishing('paul', "{ echo: told('paul') }"),
  'nothing.ts': 'export const nothing = 1',
  'twice.ts': `${publishing('a', '{}')}\nawait publish('b', {})`,
  'broken.ts': "\nthrow new Error('no luck')",
  'run.mjs': '// source',
  'page.html': 'page',
})
const source = { name: 'x.json' }
const NOBODY = { allow: { addresses: ['192.0.2.1'] } }

function build(config: Partial<Config>, options: Partial<BuildOptions> = {}): Promise<Built> {
  return buildConfig({ routes: [], ...config }, { base, source, ...options })
}

async function refusal(config: Partial<Config>): Promise<string> {
  try {
    await build(config)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

test('what a config says of object servers and cannot be is told with its key', async () => {
  const fastcgi = 'fastcgi:unix:./anna.sock'
  const refused: readonly (readonly [objects: NonNullable<Config['objects']>, message: string | RegExp])[] = [
    [{ 'a/b': fastcgi }, /^x\.json: objects\["a\/b"\]: "a\/b" is no name of an object server: expected letters/],
    [{ root: fastcgi }, /^x\.json: objects\.root: an object server cannot be called root/],
    [
      { paul: 'fastgci:unix:a' },
      /^x\.json: objects\.paul: "fastgci:unix:a" is no binding handle: expected module:FILE/,
    ],
    [{ paul: 'paul.mjs' }, /objects\.paul: "paul\.mjs" is no binding handle/],
    [{ paul: { handle: 'fastcgi:nowhere' } }, /objects\.paul\.handle: "nowhere" is no address/],
    [{ paul: 'nats:demos' }, /objects\.paul: nats:demos: objects of other machines by NATS are not there yet/],
    [{ paul: 'command:node x | y' }, /objects\.paul: has a \|, which means nothing without a shell/],
    [{ paul: 'command:nobody-has-this' }, /objects\.paul: there is no program nobody-has-this on PATH/],
    [{ paul: { handle: fastcgi, processes: 2 } }, /objects\.paul\.processes: is for command:, and this is fastcgi:/],
    [
      { paul: { handle: 'module:./paul.ts', timeouts: {} } },
      /objects\.paul\.timeouts: is for command:, fastcgi:, an alias/,
    ],
    [{ paul: { handle: fastcgi, timeouts: { start: 1 } } }, /objects\.paul\.timeouts\.start: is for command:/],
    [{ paul: fastcgi, all: { handle: ['paul'], env: {} } }, /objects\.all\.env: is for command:, and this is an alias/],
    [{ paul: { handle: fastcgi, url: ['../x'] } }, /objects\.paul\.url\[0\]: "\.\.\/x" is no name of an object/],
    [{ paul: fastcgi, all: ['pual'] }, 'x.json: objects.all[0]: there is no object server pual; did you mean "paul"?'],
    [{ all: ['somebody'] }, /objects\.all\[0\]: there is no object server somebody; give a name of objects, or a/],
    [{ a: ['b'], b: { handle: ['c'] }, c: ['a'] }, 'x.json: objects.c[0]: is an alias of itself: a → b → c → a'],
    [{ a: ['a'] }, 'x.json: objects.a[0]: is an alias of itself: a → a'],
    [{ m: 'module:./paul.ts', all: ['m'] }, /objects\.all\[0\]: m is in this process: an alias is for/],
    [{ all: ['module:./paul.ts'] }, /objects\.all\[0\]: module:\.\/paul\.ts is in this process/],
    [{ m: 'module:./no.ts' }, `x.json: objects.m: there is no file ${join(base, 'no.ts')}`],
    [{ m: { handle: 'module:./broken.ts' } }, 'x.json: objects.m.handle: no luck (broken.ts:2)'],
    [{ m: 'module:./nothing.ts' }, /^x\.json: objects\.m: it publishes nothing: it must call publish/],
    [{ m: 'module:./twice.ts' }, /^x\.json: objects\.m: it publishes twice, as a and as b/],
    [
      { paul: { handle: fastcgi, access: NOBODY }, all: ['paul'] },
      /objects\.all: has objects of paul, which says who may/,
    ],
  ]
  for (const [objects, expected] of refused) {
    const told = await refusal({ objects })
    if (typeof expected === 'string') assert.equal(told, expected)
    else assert.match(told, expected)
  }
})

test('names with dots are not taken for one another', async () => {
  const objects: Config['objects'] = {
    'a.handle': 'fastcgi:unix:./one.sock',
    a: { handle: 'command:node run.mjs' },
    'b.0': 'fastcgi:unix:./one.sock',
    b: ['command:node run.mjs'],
  }
  const { site } = await build({ objects }, { explaining: true })
  for (const [name, handle] of [
    ['a.handle', 'fastcgi:unix:./one.sock'],
    ['a', 'command:node run.mjs'],
    ['b', 'command:node run.mjs'],
  ] as const) {
    const { lines } = await site.explain('GET', `/echo@${name}`)
    assert.equal(new Map(lines).get('handle'), handle)
  }
  assert.equal(Object.keys(applicationKeys({ routes: [], objects }, base, source)).length, 2)
})

test('a route that names an object of nobody is told with its key', async () => {
  const objects = { paul: 'fastcgi:unix:./anna.sock' }
  const told = (object: string, given: NonNullable<Config['objects']> = objects) =>
    refusal({ routes: [{ match: '/e', object }], objects: given })
  assert.equal(
    await told('echo@pual'),
    'x.json: routes[0].object: echo@pual: there is no object server pual; did you mean "echo@paul"?',
  )
  assert.match(await told('echo'), /^x\.json: routes\[0\]\.object: "echo" names no object: expected OBJECT@SERVER/)
  assert.match(
    await refusal({ routes: [{ match: '/e', object: 'echo@paul' }] }),
    /routes\[0\]: echo@paul: this site has no object servers/,
  )
  assert.equal(
    await told('ecko@moira', { moira: 'module:./moira.ts' }),
    'x.json: routes[0].object: ecko@moira: module:./moira.ts has no object ecko that answers requests; did you mean "echo@moira"?',
  )
})

test('modules publish into this process, each its own objects, and are never served as files', async () => {
  const routes = [
    { match: '/e/*', object: 'echo@moira' },
    { match: '/*', files: '.' },
  ]
  const { site, applications } = await build({
    routes,
    objects: { moira: 'module:./moira.ts', paul: { handle: 'module:./paul.ts' } },
  })
  const said = async (path: string) => (await site.request(path)).text()
  assert.deepEqual(applications, [])
  assert.equal(await said('/e/1'), 'echo /e /e/1')
  assert.equal(await said('/other@moira/1'), 'other /other@moira /other@moira/1')
  assert.equal(await said('/echo@paul'), 'paul /echo@paul /echo@paul')
  assert.equal(await said('/page.html'), 'page')
  for (const path of ['/moira.ts', '/paul.ts', '/echo@moira', '/other@paul'])
    assert.equal((await site.request(path)).status, 404, path)
})

test('a module is evaluated once a reading, and anew with the next one, whatever names it', async () => {
  const folder = makeFolder({
    'a.mjs': publishing('a', "{ echo: told('one') }"),
    'b.ts': publishing('b', "{ echo: told('one') }"),
  })
  const objects = { a: 'module:./a.mjs', too: 'module:./a.mjs', b: 'module:./b.ts', again: { handle: 'module:./b.ts' } }
  const said = async (modules: Modules): Promise<string[]> => {
    const { site } = await build({ objects }, { base: folder, modules })
    return Promise.all(
      Object.keys(objects).map(async (name) => (await (await site.request(`/echo@${name}`)).text()).slice(0, 3)),
    )
  }
  assert.deepEqual(await said(new Modules()), ['one', 'one', 'one', 'one'])
  assert.deepEqual(await said(new Modules()), ['one', 'one', 'one', 'one'])
  fill(folder, { 'a.mjs': publishing('a', "{ echo: told('two') }"), 'b.ts': publishing('b', "{ echo: told('two') }") })
  assert.deepEqual(await said(new Modules(true)), ['two', 'two', 'two', 'two'])
  fill(folder, { 'a.mjs': 'export {}' })
  await assert.rejects(said(new Modules(true)), /objects\.a: it publishes nothing/)
})

test('to explain, no module is loaded', async () => {
  const { site } = await build({ objects: { m: 'module:./broken.ts' } }, { explaining: true })
  const { lines } = await site.explain('GET', '/echo@m')
  assert.deepEqual(lines.slice(-3), [
    ['server', 'm'],
    ['handle', 'module:./broken.ts'],
    ['object', 'echo'],
  ])
})

test('commands are applications, known by their place, whose scripts are not served', async () => {
  const objects: Config['objects'] = {
    paul: { handle: 'command:node run.mjs', processes: 2, env: { A: 'b' } },
    anna: 'command:node run.mjs',
    all: ['paul', 'command:node run.mjs x', 'fastcgi:unix:./anna.sock'],
    moira: 'fastcgi:unix:./anna.sock',
  }
  const config = { routes: [{ match: '/*', files: '.' }], objects }
  const specs = applicationsOf(config, base, source)
  assert.deepEqual(
    specs.map(({ name, protocol, cwd, env, processes, connections }) => [
      name,
      protocol,
      cwd,
      env,
      processes.min,
      connections,
    ]),
    [
      ['object server paul', 'fastcgi', base, { A: 'b', ORIEL_PUBLISH: 'paul' }, 2, 128],
      ['object server anna', 'fastcgi', base, { ORIEL_PUBLISH: 'anna' }, 1, 128],
      ['object server all', 'fastcgi', base, { ORIEL_PUBLISH: 'all' }, 1, 128],
    ],
  )
  assert.equal(new Set(specs.map(({ key }) => key)).size, 3)
  assert.deepEqual(Object.keys(applicationKeys(config, base, source)), [
    'objects/paul/handle',
    'objects/anna',
    'objects/all/1',
  ])
  const { site } = await build(config, { explaining: true })
  assert.equal((await site.request('/run.mjs')).status, 404)
  assert.equal((await site.request('/page.html')).status, 200)
})

test('who may call which objects is told, and who forgot to say it', () => {
  const objects: Config['objects'] = {
    paul: { handle: 'command:node run.mjs', processes: { min: 1, max: 4 }, access: NOBODY },
    anna: 'fastcgi:unix:./anna.sock',
    moira: { handle: 'module:./moira.ts', access: 'public' },
    hidden: { handle: ['anna'], url: false },
  }
  assert.deepEqual(objectLines({ routes: [], objects }), [
    'objects.paul: command:node run.mjs, 1 to 4 processes that Oriel runs',
    'objects.anna: fastcgi:unix:./anna.sock, which runs by itself',
    'objects.moira: module:./moira.ts, in each engine process',
    'objects.hidden: the least busy of anna',
  ])
  assert.deepEqual(guardLines({ routes: [], objects }), [
    'objects.paul /…@paul: allow addresses 192.0.2.1',
    'objects.anna /…@anna: anybody',
    'objects.moira /…@moira: anybody',
  ])
  assert.deepEqual(openObjects({ routes: [], objects }), [
    "objects.anna: anybody may call its objects at /…@anna; say access, 'public' where that is meant, or url: false",
  ])
  assert.deepEqual(openObjects({ routes: [], objects: { anna: 'fastcgi:unix:./anna.sock' } }), [])
})

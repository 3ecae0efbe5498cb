import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ORIEL, startOriel } from './support/command.ts'
import { makeFolder } from './support/folder.ts'

const WAITS = { timeout: 60_000 }
const DIST = dirname(dirname(ORIEL))
const LOGIN = { authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` }

/** What only sites load that ask for it, and what of it is loaded all the same: to look at a config, or to load the rest. */
const FOR_SOME: readonly (readonly [what: RegExp, but?: RegExp])[] = [
  [/^access\//, /\/(?:check-rules|known-keys|lazy-guard)\.js$/],
  [/^acme\//, /\/options\.js$/],
  [/^cli\/(?:check|explain|init|passwd|reload|status|worker)\.js$/],
  [/^config\/(?:access|applications|guarding|logs|objects|object-ends|unused-socket)\.js$/],
  [/^door\/(?:called|fastcgi|http2|scgi)\//],
  [/^gateway\//, /^gateway\/(?:answer-body|call)\.js$/],
  [/^io\/(?:certificate|spawn\/.*|tls|unix-datagrams|upload)\.js$/],
  [/^log\/(?:error-log|floods|format|json|line-logger|pager)\.js$/],
  [/^log\/sinks\//, /\/(?:batch|descriptor|open|outlets?|queue|trouble|unwritten|write-all)\.js$/],
  [/^object\//],
  [/^process\//],
  [/^protocol\/(?:cgi|fastcgi|http2|scgi|tls)\//, /\/(?:octets|frames)\.js$/],
  [/^resource\/(?:app|cgi|fastcgi|object|proxy|scgi|wsgi)\//, /^resource\/proxy\/addresses\.js$/],
  [/^resource\/files\/write/],
  [/^server\/(?:crew|primary|worker)\.js$/],
  [/^site\/info\//],
  [/^site\/(?:authorize|development|development-page|explain|original|stack)\.js$/],
]

/** What the schema of configs asks whether a value can be. */
const FOR_THE_SCHEMA =
  /^(?:access\/(?:allow|schemes\/(?:forward-options|header|person))|gateway\/address|object\/handle|log\/sinks\/place|resource\/(?:app\/command-line|fastcgi\/front-controller|proxy\/upgrade|wsgi\/command))\.js$/

/** Starts `oriel`, asks it for something, and ends it: the modules of ours that it has loaded. */
async function loadedBy(t: TestContext, args: readonly string[], folder: string): Promise<string[]> {
  const told = makeFolder()
  // V8 counts what is called in each file that it has run, on all versions of Node, and without a part in loading.
  const oriel = startOriel(t, args, folder, { env: { NODE_V8_COVERAGE: told } })
  const url = await oriel.url()
  for (const path of ['/', '/absent']) await (await fetch(new URL(path, url), { headers: LOGIN })).text()
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
  return modulesIn(told)
}

function modulesIn(folder: string): string[] {
  const loaded = new Set<string>()
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] }
    for (const { url } of result) if (url.startsWith('file:')) loaded.add(relative(DIST, fileURLToPath(url)))
  }
  return [...loaded].map((path) => path.replaceAll('\\', '/')).filter((path) => !path.startsWith('..'))
}

function forSome(modules: readonly string[]): string[] {
  return modules
    .filter((name) => FOR_SOME.some(([what, but]) => what.test(name) && but?.test(name) !== true))
    .filter((name) => !FOR_THE_SCHEMA.test(name))
    .sort()
}

function site(config: Readonly<Record<string, unknown>>): string {
  return makeFolder({
    'oriel.config.json': JSON.stringify({
      listen: [{ port: 0 }],
      routes: [{ match: '/', respond: 'Hello' }],
      ...config,
    }),
    htpasswd: '',
  })
}

test('a folder is served without what only some sites need, and without the schema of configs', WAITS, async (t) => {
  const modules = await loadedBy(t, ['.', '--port', '0'], makeFolder({ 'index.html': 'x' }))
  assert.deepEqual(forSome(modules), [])
  assert.deepEqual(
    modules.filter((name) => name.startsWith('config/schema')),
    [],
  )
  assert.ok(modules.includes('resource/files/files.js'))
  // More is slower: each costs a third of a millisecond and more. What is for some sites only belongs into a module of its own.
  assert.ok(modules.length <= 183, `${modules.length} modules`)
})

test('a plain config is served without what only some sites need', WAITS, async (t) => {
  const modules = await loadedBy(t, ['serve'], site({}))
  assert.deepEqual(forSome(modules), [])
  assert.ok(modules.includes('config/schema.js'))
  assert.ok(modules.length <= 221, `${modules.length} modules`)
})

test('what a config asks for is loaded, and nothing of its neighbours', WAITS, async (t) => {
  const cases: readonly (readonly [config: Readonly<Record<string, unknown>>, loaded: RegExp, without: RegExp])[] = [
    [
      { log: [{ to: { file: 'log' } }] },
      /^log\/(?:line-logger|sinks\/file)\.js$/,
      /^log\/sinks\/(?:sql|http|syslog|call)|^access\/guard/,
    ],
    [
      { errorLog: { to: { file: 'errors' } } },
      /^log\/(?:error-log|sinks\/file)\.js$/,
      /^log\/(?:line-logger|json)\.js$/,
    ],
    [
      { access: { allow: { addresses: ['loopback'] } } },
      /^access\/(?:guard|rules)\.js$/,
      /^access\/(?:built-in|hashing|fastcgi)|^site\/authorize/,
    ],
    [
      { access: { scheme: 'basic', realm: 'x', store: { htpasswd: './htpasswd' } } },
      /^access\/(?:built-in|stores\/htpasswd)\.js$/,
      /^access\/fastcgi|^log\/sinks\/file/,
    ],
    [
      { routes: [{ match: '/*', authorize: { access: { allow: { addresses: ['loopback'] } } } }] },
      /^site\/(?:authorize|original)\.js$/,
      /^access\/built-in/,
    ],
  ]
  for (const [config, loaded, without] of cases) {
    const modules = await loadedBy(t, ['serve'], site(config))
    assert.equal(modules.filter((name) => loaded.test(name)).length, 2, JSON.stringify(config))
    assert.deepEqual(
      modules.filter((name) => without.test(name)),
      [],
    )
  }
})

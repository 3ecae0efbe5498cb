import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { runOriel, startOriel } from '../support/command.ts'
import { fill, makeFolder } from '../support/folder.ts'

const ROOT = join(import.meta.dirname, '../../..')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const COMMANDS = ['serve', 'check', 'explain', 'init', 'passwd', 'help']

const site = makeFolder({
  'oriel.config.json':
    '{ "routes": [{ "match": "/notes/:id", "module": "./notes.mjs" }, { "match": "/*", "files": "./public" }] }',
  'notes.mjs': 'export const GET = () => new Response("a note")',
  'public/index.html': 'index',
  'bad.json': '{\n  "routes": [{ "match": "/*", "fles": "." }]\n}',
  'throws.mjs': 'throw new Error("no luck")',
  'throws.json': '{ "routes": [{ "match": "/*", "module": "./throws.mjs" }] }',
})
const empty = makeFolder()

test('help and version are there for every command, on standard output', async (t) => {
  const asked = [[], ...COMMANDS.map((name) => [name])]
  const runs = asked.flatMap((command) =>
    ['--help', '-h', '--version', '-v'].map(async (flag) => {
      const { code, stdout, stderr } = await runOriel(t, [...command, flag], empty)
      assert.equal(code, 0, `${command} ${flag}`)
      assert.equal(stderr, '')
      if (flag === '--version' || flag === '-v') assert.equal(stdout, `${version}\n`, `${command} ${flag}`)
      else assert.match(stdout, new RegExp(`^Usage: oriel ${command.join(' ')}`), `${command} ${flag}`)
    }),
  )
  await Promise.all(runs)
  const { stdout } = await runOriel(t, ['--help'], empty)
  for (const word of [...COMMANDS, '--port', '--host', '--quiet', 'Exit codes']) assert.ok(stdout.includes(word), word)
  assert.match((await runOriel(t, ['help', 'serve'], empty)).stdout, /^Usage: oriel serve/)
})

test('what is wrong is told in one sentence on standard error, with an exit code that says whose fault it is', async (t) => {
  const busy = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => busy.once('listening', resolve))
  t.after(() => busy.close())
  const { port } = busy.address() as { port: number }
  const cases: readonly (readonly [args: string, code: number, sentence: string | RegExp, cwd?: string])[] = [
    ['nowhere', 2, 'there is no folder nowhere'],
    ['serv', 2, 'there is no folder serv. Did you mean the command serve?'],
    ['bad.json', 2, 'bad.json is no folder: name the folder that it is in'],
    ['public --port x', 2, 'x is no port: give a number from 0 to 65535'],
    ['public --port 65536', 2, '65536 is no port: give a number from 0 to 65535'],
    ['public --port -1', 2, /-1/],
    [
      `public --port ${port}`,
      1,
      `port ${port} is in use already. Stop what listens there, or choose another, for instance ${port < 65535 ? port + 1 : port - 1}.`,
    ],
    [
      'public --port 0 --host 192.0.2.1',
      1,
      'this machine has no address 192.0.2.1. Choose one of its own, 127.0.0.1, or 0.0.0.0 for all.',
    ],
    ['--prot 0', 2, "unknown option '--prot'. Did you mean --port?"],
    ['serve --quite', 2, "unknown option '--quite'. Did you mean --quiet?"],
    ['serve --port 1', 2, /^unknown option '--port'/],
    ['--quiet serve', 2, '--quiet stands before serve: put options after the command.'],
    ['-p 0 check', 2, '--port stands before check: put options after the command.'],
    ['--host ::1 explain GET /', 2, '--host stands before explain: put options after the command.'],
    ['public more', 2, /too many arguments/],
    ['explain GET', 2, /missing required argument 'target'/],
    [
      'help nothing',
      2,
      'there is no command nothing. There are serve, reload, status, check, explain, publish, info, init, passwd, help.',
    ],
    ['help srve', 2, 'there is no command srve. Did you mean serve?'],
    ['serve --config', 2, /argument missing/],
    ['serve', 2, 'there is no oriel.config.ts here. "oriel init" writes one; "oriel" alone serves this folder.', empty],
    ['check', 2, 'there is no oriel.config.ts here. "oriel init" writes one; "oriel" alone serves this folder.', empty],
    ['serve --config nowhere.ts', 2, 'there is no config nowhere.ts'],
    ['init nowhere', 2, 'there is no folder nowhere'],
    ['init', 2, 'oriel.config.json is there already; it is left as it is'],
    ...['serve', 'check', 'explain GET /'].map(
      (command) =>
        [
          `${command} --config bad.json`,
          2,
          /^bad\.json:2: routes\[0\]\.fles: there is no such key; did you mean "files"\?$/,
        ] as const,
    ),
    ...['serve', 'check'].map(
      (command) =>
        [`${command} --config throws.json`, 2, 'throws.json:1: routes[0].module: no luck (throws.mjs:1)'] as const,
    ),
  ]
  for (const [args, code, sentence, cwd = site] of cases) {
    const ended = await runOriel(t, args.split(' '), cwd)
    assert.equal(ended.stdout, '', args)
    assert.match(ended.stderr, /^oriel: [^\n]+\n$/, args)
    const said = ended.stderr.slice('oriel: '.length, -1)
    if (typeof sentence === 'string') assert.equal(said, sentence, args)
    else assert.match(said, sentence, args)
    assert.ok(!/\bat (?:async )?\S+ \(|node:internal/.test(said), said)
    assert.equal(ended.code, code, args)
  }
})

test('check says that a config is good, and what would be served where', async (t) => {
  const ended = await runOriel(t, ['check'], site)
  assert.deepEqual(ended, {
    code: 0,
    signal: null,
    stdout: 'oriel.config.json is good: 2 routes, to be served at http://127.0.0.1:8080\n',
    stderr: '',
  })
})

test('explain tells route, resource and file, and fails where nothing is found', async (t) => {
  const found = await runOriel(t, ['explain', 'get', '/'], site)
  assert.equal(found.code, 0, found.stderr)
  assert.match(found.stdout, /^GET \/\n/)
  assert.match(found.stdout, /\n {2}file +\S+index\.html\n/)
  const module = await runOriel(t, ['explain', 'GET', '/notes/7', '--config', 'throws.json'], site)
  assert.equal(module.code, 0, 'no module is loaded')
  assert.match(module.stdout, /\n {2}module +\S+throws\.mjs\n/)
  const nothing = makeFolder({ 'oriel.config.json': '{ "routes": [{ "match": "/a", "respond": "a" }] }' })
  const missing = await runOriel(t, ['explain', 'GET', '/b'], nothing)
  assert.equal(missing.code, 1)
  assert.match(missing.stdout, /404/)
})

test('init writes a config that check accepts and serve serves, and never writes over one', async (t) => {
  const folder = makeFolder({ 'public/index.html': 'from init' })
  const written = await runOriel(t, ['init'], folder)
  assert.deepEqual(written, {
    code: 0,
    signal: null,
    stdout: 'Wrote oriel.config.ts. "oriel check" checks it, "oriel serve" serves it.\n',
    stderr: '',
  })
  assert.equal((await runOriel(t, ['check'], folder)).code, 0)
  const text = readFileSync(join(folder, 'oriel.config.ts'), 'utf8')
  assert.match(text, /root: '\.\/public'/)
  fill(folder, { 'oriel.config.ts': text.replace('port: 8080', 'port: 0') })
  const server = startOriel(t, ['serve'], folder)
  assert.equal(await (await fetch(await server.url())).text(), 'from init')
  assert.equal((await fetch(`${await server.url()}/oriel.config.ts`)).status, 404)
  assert.equal((await runOriel(t, ['init'], folder)).code, 2)
  const bare = makeFolder({ 'index.html': 'x' })
  assert.equal((await runOriel(t, ['init', bare], site)).code, 0)
  assert.match(readFileSync(join(bare, 'oriel.config.ts'), 'utf8'), /root: '\.'/)
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createSite, serve } from '../src/index.ts'
import type { OrielProcess } from './support/command.ts'
import { makeFolder } from './support/folder.ts'
import { end, gone, until } from './support/production.ts'
import { LINUX, SupervisedSite, text } from './support/supervised-site.ts'

const PROGRAM = join(import.meta.dirname, 'support/object-server.js')
const COMMAND = `command:${process.execPath} ${PROGRAM}`

/** A config in JavaScript. @param objects Its object servers. */
function config(objects: object, more: string = ''): string {
  return `listen: [{ port: 0, host: '127.0.0.1' }], ${more} objects: ${JSON.stringify(objects)},`
}

interface Served {
  readonly site: SupervisedSite
  readonly oriel: OrielProcess
  readonly url: string
}

async function serving(t: TestContext, objects: object, more: string = ''): Promise<Served> {
  const site = new SupervisedSite(t, config(objects, more))
  const oriel = site.serve()
  return { site, oriel, url: await oriel.url() }
}

async function stopped({ oriel }: Served): Promise<void> {
  oriel.signal('SIGTERM')
  const { code, stderr } = await oriel.ended
  assert.equal(code, 0, stderr)
}

/** Waits until an object answers. */
async function answering(url: string, path: string): Promise<string> {
  let said = ''
  await until(async () => {
    const response = await fetch(new URL(path, url))
    said = await response.text()
    return response.status === 200
  })
  return said
}

async function statusOf(url: string, path: string): Promise<number> {
  const response = await fetch(new URL(path, url), { redirect: 'manual' })
  await response.text()
  return response.status
}

for (const workers of [1, 2]) {
  test(`objects of a command answer by their URLs and at routes, with ${workers} worker(s)`, LINUX, async (t) => {
    const routes = "routes: [{ match: '/e/*', object: 'echo@paul' }, { match: '/*', respond: 'all' }],"
    const objects = { paul: { handle: `${COMMAND} paul`, processes: 2 } }
    const served = await serving(t, objects, `workers: ${workers}, ${routes}`)
    const { site, url } = served
    assert.equal(await text(url, '/e/1'), 'paul GET /e /e/1')
    assert.equal(
      await text(url, '/e/1', { method: 'POST', body: 'x'.repeat(100_000) }),
      `paul got ${'x'.repeat(100_000)}`,
    )
    assert.equal(await text(url, '/echo@paul'), 'all', 'a route has named it')
    const pids = (await site.serving(2)).map(String)
    const found = new Set<string>()
    // Which one is asked is by how busy they are: nobody is, while one holds a stream.
    const held = await fetch(new URL('/stream@paul', url))
    await until(async () => {
      found.add(await text(url, '/pid@paul'))
      return found.size > 0
    })
    writeFileSync(join(site.folder, 'let-go'), '')
    assert.match(await held.text(), /^begun by (\d+)\nended by \1\n$/)
    for (const pid of found) assert.ok(pids.includes(pid))
    assert.equal(await statusOf(url, '/nothing@paul'), 404)
    const { applications } = await site.status()
    assert.deepEqual(
      applications.map(({ name, state, processes }) => [name, state, processes.length]),
      [['object server paul', 'running', 2]],
    )
    const { stdout, code } = await site.run('check')
    assert.match(stdout, /^ {2}objects\.paul: command:.*, 2 processes that Oriel runs$/m)
    assert.equal(code, 0)
    await stopped(served)
    for (const pid of pids) await gone(Number(pid))
  })
}

test(
  'a reload keeps the processes of an equal command, and a changed one ends when its streams have',
  LINUX,
  async (t) => {
    const kept = { handle: `${COMMAND} kept`, reload: 'keep' }
    const served = await serving(t, { kept, paul: `${COMMAND} paul` })
    const { site, url } = served
    const [keptPid, pid] = [await answering(url, '/pid@kept'), await answering(url, '/pid@paul')]
    const stream = await fetch(new URL('/stream@paul', url))
    const reader = stream.body?.getReader()
    assert.match(Buffer.from((await reader?.read())?.value ?? []).toString(), new RegExp(`^begun by ${pid}\n`))
    site.write(config({ kept, paul: `${COMMAND} paul changed` }))
    const { code, stderr } = await site.run('reload')
    assert.deepEqual([code, stderr], [0, ''])
    assert.equal(await text(url, '/pid@kept'), keptPid)
    const fresh = await text(url, '/pid@paul')
    assert.match(fresh, /^\d+changed$/)
    writeFileSync(join(site.folder, 'let-go'), '')
    let rest = ''
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
      rest += Buffer.from(next.value).toString()
    assert.equal(rest, `ended by ${pid}\n`)
    await gone(Number(pid))
    await stopped(served)
  },
)

test('an alias calls whoever is there, and leaves alone who is not', LINUX, async (t) => {
  const objects = {
    paul: `${COMMAND} paul`,
    anna: `${COMMAND} anna`,
    absent: 'fastcgi:unix:./absent.sock',
    failing: `command:${process.execPath} -e "process.exit(3)"`,
    some: ['absent', 'paul'],
    all: ['failing', 'some', 'anna'],
  }
  const served = await serving(t, objects)
  const { url, oriel } = served
  const pids = new Set([await answering(url, '/pid@paul'), await answering(url, '/pid@anna')])
  for (let i = 0; i < 20; i++) assert.ok(pids.has(await text(url, '/pid@all')), 'one that is there')
  assert.equal(await text(url, '/echo@all', { method: 'POST', body: 'x' }).then((said) => said.slice(-5)), 'got x')
  const [first = ''] = pids
  end(Number(first), 'SIGKILL')
  await gone(Number(first))
  for (let i = 0; i < 20; i++) assert.equal(await statusOf(url, '/pid@all'), 200)
  assert.notEqual(await answering(url, '/pid@paul'), first)
  assert.match(oriel.stderr, /A back end is left alone for a while.*upstream="fastcgi:unix:\.\/absent\.sock"/)
  await stopped(served)
})

test('an object server that is not there is 503, and the log says what was tried and why', LINUX, async (t) => {
  const objects = {
    absent: 'fastcgi:unix:./absent.sock',
    failing: `command:${process.execPath} -e "console.error('no database');process.exit(3)"`,
    dying: `${COMMAND} dying`,
  }
  const served = await serving(t, objects)
  const { url, oriel } = served
  assert.equal(await statusOf(url, '/echo@absent'), 503)
  await oriel.printed(
    /uri="\/echo@absent" status=503.*\n.*absent\.sock: there is no such socket; start the application/,
  )
  assert.equal(await statusOf(url, '/echo@failing'), 503)
  await oriel.printed(/uri="\/echo@failing" status=503.*\n.*object server failing: .*exit code 3.*\n.*no database/)
  await answering(url, '/pid@dying')
  assert.ok([502, 503].includes(await statusOf(url, '/dies@dying')))
  await answering(url, '/pid@dying')
  await stopped(served)
})

test('a program of any language is an object server, as a command and by itself', LINUX, async (t) => {
  const { status } = spawnSync('perl', ['-MFCGI', '-e', '1'])
  if (status !== 0) {
    if (process.env['ORIEL_REQUIRE_PEERS'] === '1') assert.fail('perl with FCGI is missing')
    return t.skip('perl with FCGI is missing')
  }
  const script = `use FCGI; my $s = FCGI::OpenSocket($ENV{SOCKET} || $ARGV[0], 10);
    my $r = FCGI::Request(\\*STDIN, \\*STDOUT, \\*STDERR, \\%ENV, $s);
    while ($r->Accept() >= 0) {
      my $o = $ENV{ORIEL_OBJECT};
      if ($o ne 'echo') { print "Status: 404 Not Found\\r\\nContent-Type: text/plain\\r\\n\\r\\nno $o"; next }
      my $in = ''; read(STDIN, $in, $ENV{CONTENT_LENGTH} || 0);
      print "Content-Type: text/plain\\r\\nOriel-Answer: declined\\r\\n\\r\\n$o $ENV{REQUEST_METHOD} $ENV{SCRIPT_NAME} $ENV{PATH_INFO} $in";
    }`
  const folder = makeFolder({ 'echo.pl': script })
  const perl = `command:perl ${join(folder, 'echo.pl')}`
  const objects = {
    pearl: { handle: perl, connections: 1, processes: 2 },
    whole: `${COMMAND} whole`,
    mixed: ['pearl', 'whole'],
  }
  const served = await serving(t, objects)
  const { url } = served
  assert.equal(await answering(url, '/echo@pearl/a/b'), 'echo GET /echo@pearl /a/b ')
  assert.equal(await text(url, '/echo@pearl', { method: 'POST', body: 'body' }), 'echo POST /echo@pearl  body')
  assert.equal(await statusOf(url, '/other@pearl'), 404)
  await answering(url, '/echo@whole')
  // What each answers is understood as what it is: to a plain program `Oriel-Answer` means nothing.
  const told = await Promise.all(Array.from({ length: 30 }, () => text(url, '/echo@mixed/x')))
  assert.deepEqual([...new Set(told)].toSorted(), ['echo GET /echo@mixed /x ', 'whole GET /echo@mixed /echo@mixed/x'])
  await stopped(served)
})

test('programs give serve() and createSite() object servers too', LINUX, async (t) => {
  const base = makeFolder({
    'moira.mjs':
      "import { publish, Response } from 'oriel'\nawait publish('moira', { echo: () => new Response('moira') })",
  })
  const moira = 'module:./moira.mjs'
  const server = await serve({ port: 0, base, objects: { moira, paul: `${COMMAND} paul`, all: ['paul'] } })
  t.after(() => server.close())
  assert.equal(await text(server.url, '/echo@moira'), 'moira')
  assert.equal(await answering(server.url, '/echo@all'), 'paul GET /echo@all /echo@all')
  const site = await createSite({ base, objects: { moira, absent: 'fastcgi:unix:./absent.sock' } })
  assert.equal(await (await site.request('/echo@moira')).text(), 'moira')
  assert.equal((await site.request('/echo@absent')).status, 503)
  await assert.rejects(
    createSite({ base, objects: { paul: COMMAND } }),
    /object server paul needs a server that runs it/,
  )
})

test('ten thousand objects on one server', LINUX, async (t) => {
  const served = await serving(t, { paul: `${COMMAND} paul many` })
  const { site, url } = served
  await answering(url, '/echo@paul')
  for (const i of [0, 4711, 9999]) assert.equal(await text(url, `/o${i}@paul`), `o${i}`)
  assert.equal(await statusOf(url, '/o10000@paul'), 404)
  const { processes } = await site.application()
  t.diagnostic(`${Math.round((processes[0]?.memory ?? 0) / 2 ** 20)} MiB`)
  await stopped(served)
})

test('a thousand object servers in a config, and objects that nobody has published', LINUX, async (t) => {
  const names = Array.from({ length: 1000 }, (_, i) => `s${i}`)
  const objects = Object.fromEntries(names.map((name) => [name, `fastcgi:unix:./${name}.sock`]))
  const site = await createSite({ base: makeFolder(), objects: { ...objects, all: names } })
  t.diagnostic(`${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`)
  for (const name of ['s0', 's999', 'all']) assert.equal((await site.request(`/echo@${name}`)).status, 503)
  assert.equal((await site.request('/echo@s1000')).status, 404)
})

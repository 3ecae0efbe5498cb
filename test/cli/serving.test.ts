import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { ORIEL, RUNS_AS_ROOT, startOriel } from '../support/command.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { freePorts } from '../support/ports.ts'
import { RawClient } from '../support/raw-client.ts'

const posix = { skip: process.platform === 'win32' }
const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d 127\.0\.0\.1 GET (\S+) (\d{3}) \d+ \d+\.\dms\n/m

const folder = makeFolder({
  'index.html': 'index',
  'sub/a.txt': 'a',
  '404.html': 'own 404',
  'oriel.config.mjs': 'SECRET',
})

/** A site with a resource that answers when it is told to. */
function configured(config: string = ''): string {
  return makeFolder({
    'oriel.config.mjs': `export default {
      listen: [{ port: 0 }],
      routes: [
        { match: '/*', files: './public' },
        { match: '/wait', module: './wait.mjs' },
        { match: '/go', module: './go.mjs' },
        { match: '/throw', resource: () => { throw new Error('inner details') } },
      ],
      ${config}
    }`,
    'gate.mjs': 'export const gate = {}\ngate.passed = new Promise((resolve) => { gate.open = resolve })',
    'wait.mjs':
      "import { gate } from './gate.mjs'\nexport const GET = async () => { process.stderr.write('waiting\\n'); await gate.passed; return new Response('waited') }",
    'go.mjs':
      "import { gate } from './gate.mjs'\nexport const GET = () => { gate.open(); return new Response('gone') }",
    'public/index.html': 'configured',
  })
}

for (const [what, log, told] of [
  ["a log on standard output takes the place of the console's own lines", `log: ['common'],`, /^127\.0\.0\.1 - - /],
  ['a log elsewhere is the only one', `log: [{ to: { file: './access.log' } }],`, undefined],
  ['no log at all', 'log: [],', undefined],
  ['an error log on standard output leaves the console its lines', `errorLog: { to: 'stdout' },`, LINE],
] as const) {
  test(`what the config says of logs is all that is told: ${what}`, posix, async (t) => {
    const oriel = startOriel(t, ['serve'], configured(log))
    const url = await oriel.url()
    await (await fetch(`${url}/index.html?asked`)).text()
    oriel.signal('SIGTERM')
    const { stdout } = await oriel.ended
    assert.match(stdout, /^Oriel serves /)
    const lines = stdout.split('\n').filter((line) => line.includes('?asked'))
    assert.equal(lines.length, told === undefined ? 0 : 1, stdout)
    if (told !== undefined) assert.match(`${lines[0]}\n`, told)
  })
}

test('a folder is served with listings, its own page for 404, and one line for each request', async (t) => {
  const oriel = startOriel(t, ['.', '--port', '0'], folder)
  const url = await oriel.url()
  assert.match(
    oriel.stdout,
    /^There is oriel\.config\.mjs: "oriel serve" serves the site as it says; .*\nOriel serves this folder at http:\/\/127\.0\.0\.1:\d+\n$/,
  )
  assert.equal(await (await fetch(url)).text(), 'index')
  assert.equal(LINE.exec(oriel.stdout)?.[1] ?? (await oriel.printed(LINE))[1], '/')
  assert.match(await (await fetch(`${url}/sub/`)).text(), /a\.txt/)
  const missing = await fetch(`${url}/missing`)
  assert.equal(missing.status, 404)
  assert.equal(await missing.text(), 'own 404')
  assert.equal((await fetch(`${url}/oriel.config.mjs`)).status, 404)
  await oriel.printed(/GET \/missing 404 /)
  oriel.signal('SIGTERM')
  const ended = await oriel.ended
  assert.equal(ended.code, 0)
  assert.equal(ended.stderr, '')
})

test('a config is served, by the name that was given', async (t) => {
  const site = configured()
  const oriel = startOriel(t, ['serve', '--config', join(site, 'oriel.config.mjs')], folder)
  assert.equal(await (await fetch(await oriel.url())).text(), 'configured')
  assert.match(oriel.stdout, /^Oriel serves \S*oriel\.config\.mjs at /)
})

test('quiet prints nothing but errors, for a folder and for a config', async (t) => {
  const site = configured("report: (level, event) => process.stderr.write(level + ': ' + event + '\\n')")
  for (const quiet of ['--quiet', '-q']) {
    const [port = 0] = await freePorts(1)
    const ofFolder = startOriel(t, [quiet, '--port', String(port), '.'], folder)
    assert.equal((await asked(port, ofFolder.ended)).status, 200)
    ofFolder.signal('SIGINT')
    const { code, stdout, stderr } = await ofFolder.ended
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' })
  }
  const [port = 0] = await freePorts(1)
  fill(site, {
    'quiet.mjs': `import config from './oriel.config.mjs'\nexport default { ...config, listen: [{ port: ${port} }] }`,
  })
  const ofConfig = startOriel(t, ['serve', '-c', 'quiet.mjs', '--quiet'], site)
  assert.equal((await asked(port, ofConfig.ended)).status, 200)
  assert.equal((await fetch(`http://127.0.0.1:${port}/throw`)).status, 500)
  ofConfig.signal('SIGTERM')
  const { code, stdout, stderr } = await ofConfig.ended
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: 'error: The request failed.\n' })
})

test('an error inside is told in full on standard error, and not at all to the client', async (t) => {
  const oriel = startOriel(t, ['serve'], configured())
  const answer = await fetch(`${await oriel.url()}/throw`)
  assert.equal(answer.status, 500)
  assert.ok(!(await answer.text()).includes('inner'))
  await oriel.printed(
    / error: The request failed\. method="GET" uri="\/throw" status=500 requestId="[\w-]+"\n {2}Error: inner details\n {6}at /,
  )
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops accepting, finishes what runs, and exits with 0`, posix, async (t) => {
    const oriel = startOriel(t, ['serve'], configured())
    const url = new URL(await oriel.url())
    const waiting = fetch(new URL('/wait', url))
    const other = await RawClient.open({ port: Number(url.port), host: '127.0.0.1' })
    t.after(() => other.destroy())
    other.send('GET /go HTTP/1.1\r\nHost: x\r\n')
    await oriel.printed(/waiting/)
    oriel.signal(signal)
    await refused(Number(url.port))
    other.send('\r\n')
    assert.equal((await other.answer()).body, 'gone')
    other.destroy()
    assert.equal(await (await waiting).text(), 'waited')
    const { code, stderr } = await oriel.ended
    assert.equal(code, 0)
    assert.equal(stderr, 'waiting\n')
    assert.match(oriel.stdout, / GET \/wait 200 6 /, 'what was logged last is printed too')
  })
}

test('what runs longer than it may when the server stops is cut off', posix, async (t) => {
  const oriel = startOriel(t, ['serve'], configured('timeouts: { stop: 50 },'))
  const waiting = fetch(`${await oriel.url()}/wait`)
  waiting.catch(() => undefined)
  await oriel.printed(/waiting/)
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
  await assert.rejects(waiting)
})

test('a second signal ends at once, and says by which', posix, async (t) => {
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const oriel = startOriel(t, ['serve'], configured())
    const url = new URL(await oriel.url())
    const waiting = fetch(new URL('/wait', url))
    waiting.catch(() => undefined)
    await oriel.printed(/waiting/)
    oriel.signal(signal)
    await refused(Number(url.port))
    oriel.signal(signal)
    assert.equal((await oriel.ended).code, expected)
    await assert.rejects(waiting)
  }
})

test('SIGUSR1 opens no inspector', posix, async (t) => {
  const oriel = startOriel(t, ['.', '--port', '0'], folder)
  const url = await oriel.url()
  oriel.signal('SIGUSR1')
  assert.equal((await fetch(url)).status, 200)
  oriel.signal('SIGTERM')
  const { code, stderr } = await oriel.ended
  assert.equal(code, 0)
  assert.equal(stderr, '', 'no "Debugger listening"')
})

test('when nobody reads the output any more the site is served all the same', posix, async (t) => {
  const child = spawn(process.execPath, [ORIEL, '.', '--port', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
  })
  let stdout = ''
  while (!/ at http:\S+\n/.test(stdout)) stdout += String((await once(child.stdout, 'data'))[0])
  child.stdout.destroy()
  const url = / at (http:\S+)\n/.exec(stdout)?.[1] ?? ''
  const ended = once(child, 'exit')
  for (let i = 0; i < 20; i++) assert.equal((await fetch(url)).status, 200)
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
  assert.equal(stderr.replace(RUNS_AS_ROOT, ''), '')
})

/** The answer of a server that says nothing of when it begins. */
async function asked(port: number, ended: Promise<unknown>): Promise<Response> {
  let over = false
  void ended.then(() => {
    over = true
  })
  for (;;) {
    try {
      return await fetch(`http://127.0.0.1:${port}/`)
    } catch (error) {
      if (over) throw error
    }
  }
}

/** Waits until a port accepts nothing more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    try {
      ;(await RawClient.open({ port, host: '127.0.0.1' })).destroy()
    } catch {
      return
    }
  }
}

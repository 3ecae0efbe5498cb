import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LINUX, POSIX, plain, processesWith, writeScripts } from '../support/cgi-site.ts'
import { ask } from '../support/client.ts'
import { runOriel, startOriel } from '../support/command.ts'
import { FaultSite } from '../support/fault-site.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { until } from '../support/production.ts'

const CONFIG = JSON.stringify({
  listen: [{ port: 0 }],
  routes: [
    {
      match: '/cgi-bin/*',
      cgi: { root: './cgi-bin', interpreters: { '.x': ['/bin/sh', '-e'] }, env: { OWN: 'own', PATH: '/bin' } },
    },
  ],
})

function site(): string {
  const folder = makeFolder({ 'oriel.config.json': CONFIG, 'cgi-bin/a.x': plain('$OWN $PATH') })
  writeScripts(join(folder, 'cgi-bin'), { 'env.cgi': "printf 'Content-Type: text/plain\\n\\n'; env" })
  return folder
}

test('oriel explain tells the script, how it is run, and all that it would be told', POSIX, async (t) => {
  const folder = site()
  const { stdout, code } = await runOriel(t, ['explain', 'GET', 'http://h:81/cgi-bin/a.x/y%20z?q=%20'], folder)
  assert.equal(code, 0)
  const lines = stdout.split('\n').map((line) => line.trim().replace(/\s\s+/, ': '))
  const expected = [
    `script: ${folder}/cgi-bin/a.x`,
    'program: /bin/sh',
    `args: "-e" "${folder}/cgi-bin/a.x"`,
    `folder: ${folder}/cgi-bin`,
    'env: SCRIPT_NAME=/cgi-bin/a.x',
    'env: PATH_INFO=/y z',
    'env: QUERY_STRING=q=%20',
    'env: SERVER_NAME=h',
    'env: OWN=own',
    'env: PATH=/bin',
  ]
  for (const line of expected) assert.ok(lines.includes(line), `${line} in\n${stdout}`)
})

test('what oriel explain says is what a script is told', POSIX, async (t) => {
  const folder = site()
  const oriel = startOriel(t, ['serve', '--config', 'oriel.config.json'], folder)
  const { body } = await ask(await oriel.url(), '/cgi-bin/env.cgi/y%20z?q=%20', { headers: { Host: 'h:81' } })
  const { stdout } = await runOriel(t, ['explain', 'GET', 'http://h:81/cgi-bin/env.cgi/y%20z?q=%20'], folder)
  const told = body
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !/^(?:PWD|SHLVL|_|OLDPWD)=/.test(line))
  const explained = [...stdout.matchAll(/^ *env +(.*)$/gm)].map((match) => match[1] ?? '')
  // What only a connection knows.
  const own = /^(?:REMOTE_PORT|SERVER_ADDR|SERVER_PORT|REQUEST_URI|HTTP_CONNECTION)=/
  const rest = (lines: readonly string[]): string[] => lines.filter((line) => !own.test(line)).toSorted()
  assert.deepEqual(rest(told), rest(explained))
})

test('oriel check tells how programs are started, and what is missing', POSIX, async (t) => {
  const good = await runOriel(t, ['check'], site())
  assert.match(good.stdout, /is good: 1 route.*\nCGI programs are started by (?:posix_spawn by|child_process)/)
  const cases: [cgi: unknown, told: RegExp][] = [
    ['./none', /routes\[0\]\.cgi: there is no folder .*none/],
    [{ root: './none' }, /routes\[0\]\.cgi\.root: there is no folder/],
    [{ root: '.', cwd: './none' }, /routes\[0\]\.cgi\.cwd: there is no folder/],
    [{ program: './none' }, /routes\[0\]\.cgi\.program: there is no program/],
    [{ program: './oriel.config.json' }, /routes\[0\]\.cgi\.program: this user may not execute it/],
    [{ root: '.', interpreters: { '.p': 'perl' } }, /cgi\.interpreters\["\.p"\]: there is no program .*perl/],
    [{ root: '.', program: '/bin/sh' }, /routes\[0\]\.cgi: needs root.*or program/],
    [{}, /routes\[0\]\.cgi: needs root.*or program/],
    [{ root: '.', args: ['a'] }, /args, which are for a program/],
    [{ program: '/bin/sh', index: ['a'] }, /interpreters or index, which are for a root/],
    [{ root: '.', env: { 'a=b': 'c' } }, /is no name of a variable/],
    [{ root: '.', processes: 0 }, /cgi\.processes: expected at least 1/],
    [{ root: '.', proceses: 3 }, /did you mean "processes"/],
  ]
  for (const [cgi, told] of cases) {
    const folder = makeFolder({ 'oriel.config.json': JSON.stringify({ routes: [{ match: '/*', cgi }] }) })
    const { stderr, code } = await runOriel(t, ['check'], folder)
    assert.match(stderr, told)
    assert.equal(code, 2)
  }
})

test('oriel --cgi runs the programs in cgi-bin; without it nothing is run', POSIX, async (t) => {
  const folder = makeFolder({ 'page.html': 'page' })
  writeScripts(folder, { 'cgi-bin/a.cgi': plain('ran'), 'other/b.cgi': plain('other') })
  const cases: [args: string[], path: string, answer: string][] = [
    [['--cgi'], '/cgi-bin/a.cgi', '200 ran'],
    [['--cgi', join(folder, 'other')], '/cgi-bin/b.cgi', '200 other'],
    [['--cgi'], '/page.html', '200 page'],
    [[], '/cgi-bin/a.cgi', `200 #!/bin/sh\n${plain('ran')}\n`],
  ]
  for (const [args, path, answer] of cases) {
    const oriel = startOriel(t, ['--port', '0', ...args], folder)
    const { status, body } = await ask(await oriel.url(), path)
    assert.equal(`${status} ${body}`, answer)
    oriel.signal('SIGTERM')
    await oriel.ended
  }
  const empty = makeFolder()
  assert.match((await runOriel(t, ['--cgi'], empty)).stderr, /there is no folder .*cgi-bin/)
})

test('the cap on processes is one for all workers, and a worker that dies gives back its share', LINUX, async (t) => {
  const waits = `${plain('ran')}; while [ ! -e "go$QUERY_STRING" ]; do sleep 0.02; done`
  const made = await FaultSite.start(t, {
    contents: { 'cgi-bin/a.cgi': `#!/bin/sh\n${waits}\n` },
    config: `workers: 2, routes: [{ match: '/cgi-bin/*', cgi: { root: './cgi-bin', processes: 3, queue: 2 } }],`,
  })
  const { folder } = made
  chmodSync(join(folder, 'cgi-bin/a.cgi'), 0o755)
  const url = made.url('')
  const count = (): number => processesWith(folder).filter((pid) => !made.pids.includes(pid)).length
  const asked = (query: string) => ask(url, `/cgi-bin/a.cgi?${query}`)
  // Which of them comes last is not known: the one that is refused.
  const running = Array.from({ length: 6 }, () => asked('1'))
  const refused = await Promise.race(running)
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1'])
  await until(() => count() === 3)
  fill(folder, { 'cgi-bin/go1': '' })
  const statuses = (await Promise.all(running)).map(({ status }) => status).sort()
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 503])
  const again = Array.from({ length: 3 }, () => asked('2').catch(() => undefined))
  await until(() => count() === 3)
  for (const pid of made.workers) process.kill(pid, 'SIGKILL')
  await Promise.all(again)
  await until(() => made.workers.length === 2)
  const after = Array.from({ length: 3 }, () => asked('1'))
  for (const { status, body } of await Promise.all(after)) assert.equal(`${status} ${body}`, '200 ran')
  fill(folder, { 'cgi-bin/go2': '' })
  await until(() => count() === 0)
})

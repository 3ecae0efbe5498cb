import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { whoRuns } from '../src/process/who.ts'
import { noOtherUser } from './support/another-user.ts'
import { makeFolder } from './support/folder.ts'
import { ask, behaving, Supervised, specOf } from './support/supervised.ts'

const SOON = { timeout: 60_000 }
const AS_ROOT = { ...SOON, skip: noOtherUser() }

function idsOf(user: string): { uid: number; gid: number } {
  const id = (option: string): number => Number(execFileSync('id', [option, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** A folder that others may pass through. */
function open(): string {
  const folder = makeFolder()
  chmodSync(folder, 0o711)
  return join(folder, 'apps')
}

/** Whether a user can connect there. */
function connects(user: string, path: string): boolean {
  const code =
    "require('net').connect(process.argv[1]).on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
  const { status } = spawnSync(process.execPath, ['-e', code, path], idsOf(user))
  return status === 0
}

test(
  'an application is the user that it names, and only that one and the workers come to its socket',
  AS_ROOT,
  async (t) => {
    const owner = idsOf('daemon')
    const supervised = new Supervised(t, { folder: open(), owner })
    await supervised.run(
      specOf('named', behaving({}), { user: 'nobody' }),
      specOf('unnamed', behaving({})),
      specOf('root', behaving({}), { user: 'root' }),
    )
    const users: Record<string, [number, boolean, boolean]> = {}
    for (const [key, { processes }] of supervised.states) {
      const path = processes[0]?.address.slice(5) ?? ''
      const [pid = 0] = await supervised.pidsOf(key)
      users[key] = [statSync(`/proc/${pid}`).uid, connects('daemon', path), connects('sys', path)]
      assert.match(await ask(`unix:${path}`), /^\d+ /)
      assert.equal(statSync(dirname(path)).uid, owner.uid)
    }
    assert.deepEqual(users, {
      named: [idsOf('nobody').uid, true, false],
      unnamed: [owner.uid, true, false],
      root: [0, true, false],
    })
  },
)

test('where the workers are root, nobody else comes to the socket', AS_ROOT, async (t) => {
  const supervised = new Supervised(t, { folder: open() })
  await supervised.run(specOf('a', behaving({}), { user: 'nobody' }))
  const path = supervised.states.get('a')?.processes[0]?.address.slice(5) ?? ''
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o500)
  assert.deepEqual([connects('nobody', path), connects('daemon', path)], [false, false])
})

test('a process cannot put a link to another socket in the place of its own', AS_ROOT, async (t) => {
  for (const owner of [undefined, idsOf('daemon')]) {
    const supervised = new Supervised(t, { folder: open(), ...(owner && { owner }) })
    await supervised.run(specOf('a', behaving({}), { user: 'nobody' }))
    const path = supervised.states.get('a')?.processes[0]?.address.slice(5) ?? ''
    const script = 'rm -f "$0"; ln -sf /dev/log "$0"; mv "$0" "$0.1"; mkdir "$1/x"'
    spawnSync('/bin/sh', ['-c', script, path, dirname(path)], idsOf('nobody'))
    assert.deepEqual(readdirSync(dirname(path)), ['s'])
    assert.ok(lstatSync(path).isSocket())
    // What becomes of its own name is of no consequence.
    const own = join(dirname(path).replace(/w$/, ''), 's')
    spawnSync('/bin/sh', ['-c', 'rm "$0"; ln -s /dev/log "$0"', own], idsOf('nobody'))
    assert.ok(lstatSync(own).isSymbolicLink())
    assert.match(await ask(`unix:${path}`), /^\d+ /)
  }
})

test('a process may change the mode of its socket after it listens, at any time', AS_ROOT, async (t) => {
  for (const owner of [undefined, idsOf('daemon')]) {
    const supervised = new Supervised(t, { folder: open(), ...(owner && { owner }) })
    // As uvicorn does it, but when it is certain that it was found.
    const code = `const { chmodSync } = require('fs')
      const server = require('http').createServer((_, response) => {
        chmodSync(process.env.SOCKET, 0o666)
        response.end('changed')
      }).listen(process.env.SOCKET)`
    await supervised.run(specOf('a', [process.execPath, '-e', code], { user: 'nobody' }))
    const address = supervised.states.get('a')?.processes[0]?.address ?? ''
    assert.equal(await ask(address), 'changed')
    const path = address.slice(5)
    const first = join(dirname(path).replace(/w$/, ''), 's')
    assert.deepEqual(
      ['daemon', 'sys'].map((user) => [connects(user, path), connects(user, first)]),
      [
        [owner !== undefined, false],
        [false, false],
      ],
    )
  }
})

test('a process that does not remove its socket before it ends can do so then', AS_ROOT, async (t) => {
  const supervised = new Supervised(t, { folder: open(), owner: idsOf('daemon') })
  const code = `const { rmSync } = require('fs')
    const server = require('http').createServer().listen(process.env.SOCKET)
    process.on('SIGTERM', () => { rmSync(process.env.SOCKET); console.log('removed'); process.exit() })`
  await supervised.run(specOf('a', [process.execPath, '-e', code], { user: 'nobody' }))
  await supervised.run()
  await supervised.reports.told('removed')
})

test('a process has all groups of its user, its home, and none of root', AS_ROOT, async (t) => {
  const supervised = new Supervised(t, { folder: open() })
  const command = ['sh', '-c', 'echo "$(id -u) $(id -g) $(id -G | tr " " ,) $HOME"; exit 1']
  const heard = async (user: string | number, group?: string): Promise<string | undefined> => {
    const before = supervised.reports.all.length
    await assert.rejects(supervised.run(specOf('a', command, { user, ...(group !== undefined && { group }) })))
    return supervised.reports.all.slice(before).find(({ level }) => level === 'info')?.event
  }
  const { uid, gid } = idsOf('nobody')
  const groups = execFileSync('id', ['-G', 'nobody'], { encoding: 'utf8' }).trim().split(' ')
  assert.equal(await heard('nobody'), `${uid} ${gid} ${groups} /nonexistent`)
  assert.equal(await heard(uid), `${uid} ${gid} ${groups} /nonexistent`)
  assert.equal(await heard(54_321, 'daemon'), `54321 1 1 ${''}`.trimEnd())
})

test('a folder that others cannot pass through is told', AS_ROOT, async (t) => {
  const folder = makeFolder()
  const supervised = new Supervised(t, { folder: join(folder, 'apps') })
  await assert.rejects(supervised.run(specOf('a', behaving({}), { user: 'nobody' })), {
    message: `app /a: other users cannot pass through ${folder} to the sockets of applications: chmod o+x ${folder}`,
  })
})

test('a user or group that there is not is told', SOON, async (t) => {
  const supervised = new Supervised(t)
  const run = (user: string | number, group?: string): Promise<void> =>
    supervised.run(specOf('a', behaving({}), { user, ...(group !== undefined && { group }) }))
  await assert.rejects(run('no-such-user'), /app \/a: there is no user no-such-user on this machine/)
  await assert.rejects(run(54_321), /the user 54321 has no entry on this machine: name the group too/)
  await assert.rejects(run('root', 'no-such-group'), /there is no group no-such-group/)
})

test('who is not root cannot start another user’s process, and is told so', AS_ROOT, () => {
  const code = `import { whoRuns } from ${JSON.stringify(new URL('../src/process/who.js', import.meta.url).href)}
    const said = [{}, { user: 'nobody' }, { user: 'daemon' }, { group: 'daemon' }].map((one) => {
      try { return whoRuns(one, undefined).other } catch (error) { return error.message }
    })
    console.log(JSON.stringify(said))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    ...idsOf('nobody'),
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  const end = ': start the server as root, or leave out user and group'
  assert.deepEqual(JSON.parse(stdout), [
    false,
    false,
    `only root can start it as the user daemon${end}`,
    `only root can start it with the group daemon${end}`,
  ])
  assert.equal(whoRuns({}, idsOf('daemon')).uid, idsOf('daemon').uid)
})

const LIMITS = { memory: 4096, files: 77, cpu: 55, processes: 33, core: 0 }
const TOLD = '-n 77, -t 55, -u 33, -c 0, -v 4194304'
const SCRIPT = 'for one in -n -t -u -c -v; do printf "%s %s, " $one "$(ulimit $one)"; done; echo; exit 1'

/** Whose ulimit tells all of them. */
const BASH = execFileSync('/bin/sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim()

for (const way of ['prlimit', 'ulimit'] as const) {
  const skip = way === 'prlimit' && process.platform !== 'linux' && 'prlimit is of Linux'
  test(`limits are set by ${way}`, { ...SOON, skip }, async (t) => {
    const { PATH } = process.env
    t.after(() => Object.assign(process.env, { PATH }))
    // There is no prlimit among them.
    if (way === 'ulimit') process.env['PATH'] = fewTools()
    const supervised = new Supervised(t, { folder: open() })
    await assert.rejects(supervised.run(specOf('a', [BASH, '-c', SCRIPT], { limits: LIMITS })))
    assert.equal(supervised.reports.all[0]?.event, `${TOLD},`)
  })
}

/** A folder with the few tools that a start takes. */
function fewTools(): string {
  const { symlinkSync } = process.getBuiltinModule('node:fs')
  const folder = makeFolder()
  for (const tool of ['sh', 'mkfifo', 'ps', 'id']) {
    const path = execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim()
    symlinkSync(path, join(folder, tool))
  }
  return folder
}

test('a limit holds', SOON, async (t) => {
  const supervised = new Supervised(t)
  const script = `${process.execPath} -e 'for (;;);'; kill -9 $$`
  const spec = specOf('a', ['sh', '-c', script], { limits: { cpu: 1 } })
  await assert.rejects(supervised.run(spec), /ended with SIGKILL before it listened/)
})

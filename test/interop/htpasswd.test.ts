import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { htpasswdStore } from '../../src/access/stores/htpasswd.ts'
import { ORIEL } from '../support/command.ts'
import { openFolder } from '../support/peer-process.ts'
import { needPeer } from '../support/peers.ts'
import { startApache, startNginx } from '../support/web-servers.ts'

const SOON = { timeout: 60_000 }
const USERS: readonly (readonly [name: string, password: string])[] = [
  ['joe', 'secret'],
  ['Jürgen', 'größer als 15 Bytes'],
  ['long', 'x'.repeat(64)],
  ['high', '\u{1f512}\u{ff}'],
]

function run(cwd: string, program: string, args: readonly string[], input: string = ''): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd, input, encoding: 'utf8' })
}

let folder: string | undefined

/** A folder with a file that `oriel passwd` made. */
function made(): string {
  if (folder !== undefined) return folder
  folder = openFolder({ 'index.html': 'in' })
  for (const [name, password] of USERS) {
    const { status, stderr } = run(folder, process.execPath, [ORIEL, 'passwd', 'users', name], `${password}\n`)
    assert.equal(status, 0, stderr)
  }
  // Web servers read it as another user.
  chmodSync(join(folder, 'users'), 0o644)
  return folder
}

async function enters(store: ReturnType<typeof htpasswdStore>, name: string, password: string): Promise<boolean> {
  try {
    return (await store.authenticateUser(name, password)).name === name
  } catch {
    return false
  }
}

for (const [flags, plain] of [
  [['-B'], false],
  [['-B', '-C', '6'], false],
  [['-2'], false],
  [['-5'], false],
  [['-5', '-r', '1234'], false],
  [['-m'], false],
  [['-s'], false],
  [['-p'], true],
] as const) {
  test(`a file that htpasswd ${flags.join(' ')} made is a store`, SOON, async (t) => {
    const htpasswd = needPeer(t, 'htpasswd')
    if (htpasswd === undefined) return
    const folder = openFolder()
    for (const [i, [name, password]] of USERS.entries()) {
      const create = i === 0 ? ['-c'] : []
      const { status, stderr } = run(folder, htpasswd, ['-b', ...create, ...flags, 'users', name, password])
      assert.equal(status, 0, stderr)
    }
    const store = htpasswdStore({ htpasswd: 'users', plain }, folder)
    for (const [name, password] of USERS) {
      assert.deepEqual([await enters(store, name, password), await enters(store, name, `${password}.`)], [true, false])
    }
  })
}

test('a file that oriel passwd made is one for htpasswd', SOON, (t) => {
  const htpasswd = needPeer(t, 'htpasswd')
  if (htpasswd === undefined) return
  for (const [name, password] of USERS) {
    const verify = (given: string): number | null => run(made(), htpasswd, ['-vb', 'users', name, given]).status
    assert.deepEqual([verify(password), verify(`${password}.`)], [0, 3])
  }
})

/** What a web server answers to those who log in with the right and with a wrong password. */
async function statuses(url: string): Promise<Set<string>> {
  const told = new Set<string>()
  for (const [name, password] of USERS) {
    for (const given of [password, `${password}.`]) {
      const Authorization = `Basic ${Buffer.from(`${name}:${given}`).toString('base64')}`
      const { status } = await fetch(`${url}/index.html`, { headers: { Authorization } })
      told.add(`${given === password ? 'right' : 'wrong'} ${status}`)
    }
  }
  return told
}

test('a file that oriel passwd made is one for nginx', SOON, async (t) => {
  const folder = made()
  const nginx = await startNginx(
    t,
    `root ${folder}; location / { auth_basic "x"; auth_basic_user_file ${join(folder, 'users')}; }`,
  )
  if (nginx === undefined) return
  assert.deepEqual(await statuses(nginx.url), new Set(['right 200', 'wrong 401']))
})

test('a file that oriel passwd made is one for Apache', SOON, async (t) => {
  const folder = made()
  const apache = await startApache(
    t,
    `LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so
    DocumentRoot ${folder}
    <Location />
      AuthType Basic
      AuthName x
      AuthBasicProvider file
      AuthUserFile ${join(folder, 'users')}
      Require valid-user
    </Location>`,
  )
  if (apache === undefined) return
  assert.deepEqual(await statuses(apache.url), new Set(['right 200', 'wrong 401']))
})

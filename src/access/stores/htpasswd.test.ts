import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fill, makeFolder } from '../../../test/support/folder.ts'
import { AuthenticationFailed } from '../../message/errors.ts'
import { matches, type PasswordHash, readHash } from './hashes.ts'
import { type Compare, type HtpasswdOptions, htpasswdStore } from './htpasswd.ts'
import { PasswordFileError } from './lines.ts'
import { passwordFiles } from './password-files.ts'

const SOON = { timeout: 30_000 }
const SHA = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='
const OTHER = '{SHA}0JQeaNqPOBUf+Gph/Fn3xc+fyqI='
const APR1 = '$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/'
const BCRYPT = '$2y$05$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FMO'
const SHA512 = '$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.'

/** A store over files, at a time that stands still until it is put on; what was reported, and what was compared. */
function stored(t: TestContext, files: Readonly<Record<string, string>>, options: Partial<HtpasswdOptions> = {}) {
  const folder = makeFolder(files)
  let now = 1000
  t.mock.method(performance, 'now', () => now)
  const reports: string[] = []
  const compared: PasswordHash[] = []
  const compare: Compare = (password, hash) => {
    compared.push(hash)
    return matches(password, hash)
  }
  const store = htpasswdStore(
    { htpasswd: 'passwords', ...options },
    folder,
    (level, _, { error } = {}) => reports.push(`${level} ${error instanceof Error ? error.message : error}`),
    compare,
  )
  const later = (): void => {
    now += 1001
  }
  const enters = async (name: string, password: string = 'secret'): Promise<boolean> => {
    try {
      const record = await store.authenticateUser(name, password)
      assert.equal(record.name, name)
      return true
    } catch (error) {
      assert.ok(error instanceof AuthenticationFailed, String(error))
      return false
    }
  }
  return { store, folder, later, reports, compared, enters }
}

test('who has the password comes in, with the groups of the file of groups', async (t) => {
  const { store, enters } = stored(
    t,
    { passwords: `joe:${SHA}\nann:${BCRYPT}\n`, groups: 'staff: joe bob\nadmins: joe\n' },
    { groups: 'groups' },
  )
  assert.deepEqual(await store.authenticateUser('joe', 'secret'), { name: 'joe', groups: ['staff', 'admins'] })
  assert.deepEqual(await store.authenticateUser('ann', 'secret'), { name: 'ann', groups: [] })
  for (const [name, password] of [
    ['joe', 'wrong'],
    ['Joe', 'secret'],
    ['bob', 'secret'],
    ['', 'secret'],
    ['joe', ''],
    ['joe', 'secret\0'],
    ['__proto__', 'secret'],
  ] as const) {
    assert.equal(await enters(name, password), false, `${name} ${password}`)
  }
})

test('what costs time is compared in the thread, what does not at once', SOON, async () => {
  const store = htpasswdStore({ htpasswd: 'p' }, makeFolder({ p: `joe:${SHA}\nann:${BCRYPT}\n` }))
  assert.deepEqual(store.authenticateUser('joe', 'secret'), { name: 'joe', groups: [] })
  const asked = store.authenticateUser('ann', 'secret')
  assert.ok(asked instanceof Promise)
  assert.deepEqual(await asked, { name: 'ann', groups: [] })
  await assert.rejects(async () => store.authenticateUser('ann', 'wrong'), AuthenticationFailed)
})

for (const [what, passwords, kind] of [
  ['one kind', `joe:${BCRYPT}\nann:${BCRYPT}\n`, 'bcrypt'],
  ['several kinds, of the most usual one', `joe:${APR1}\nann:${APR1}\nold:${BCRYPT}\n`, 'apr1'],
  ['as many of two, of the costlier one', `joe:${SHA512}\nann:${BCRYPT}\n`, 'sha512'],
] as const) {
  test(`a name that nobody has is as much work as one that is there: ${what}`, async (t) => {
    const { enters, compared } = stored(t, { passwords })
    const work: number[] = []
    for (const [name, password] of [
      ['joe', 'secret'],
      ['joe', 'wrong'],
      ['nobody', 'secret'],
      ['', 'wrong'],
      ['__proto__', 'secret'],
    ] as const) {
      const before = compared.length
      await enters(name, password)
      work.push(compared.length - before)
    }
    assert.deepEqual(work, [1, 1, 1, 1, 1])
    const expected = readHash(kind === 'apr1' ? APR1 : kind === 'bcrypt' ? BCRYPT : SHA512, false)
    for (const { kind: made, work: cost } of compared.slice(2)) assert.deepEqual([made, cost], [kind, expected.work])
  })
}

test('a password that cannot be one is compared with nothing, whoever is named', async (t) => {
  const { enters, compared } = stored(t, { passwords: `joe:${BCRYPT}\n` })
  for (const name of ['joe', 'nobody']) assert.equal(await enters(name, 'x'.repeat(256)), false)
  assert.deepEqual(compared, [])
})

test('a file without users lets nobody in', async (t) => {
  assert.equal(await stored(t, { passwords: '# nobody yet\n' }).enters('joe'), false)
})

test('files that changed are read again, a second later at most, and the generation tells', async (t) => {
  const { store, folder, later, enters } = stored(
    t,
    { passwords: `joe:${SHA}\n`, groups: 'staff: joe\n' },
    { groups: 'groups' },
  )
  const { generation } = store
  fill(folder, { passwords: `joe:${OTHER}\nann:${SHA}\n` })
  assert.deepEqual([await enters('joe'), store.generation], [true, generation], 'believed for a second')
  later()
  assert.notEqual(store.generation, generation)
  assert.deepEqual([await enters('joe'), await enters('ann')], [false, true])
  const second = store.generation
  later()
  assert.equal(store.generation, second, 'nothing changed')
  fill(folder, { groups: 'admins: ann\n' })
  later()
  assert.notEqual(store.generation, second)
  assert.deepEqual(await store.authenticateUser('ann', 'secret'), { name: 'ann', groups: ['admins'] })
})

test('a change is seen by the content, whatever the times say', async (t) => {
  const { store, folder, later, enters } = stored(t, { passwords: `joe:${SHA}\n` })
  // As large, and of the same time: only that of its change of state tells.
  fill(folder, { passwords: `ann:${SHA}\n` })
  later()
  assert.equal(await enters('ann'), true)
  const { generation } = store
  utimesSync(join(folder, 'passwords'), new Date(), new Date())
  later()
  assert.equal(store.generation, generation, 'touched, and not changed')
  fill(folder, { new: `bob:${SHA}\n` })
  renameSync(join(folder, 'new'), join(folder, 'passwords'))
  later()
  assert.equal(await enters('bob'), true)
})

test('a file just written is looked at again: it may have changed twice in one tick of the clock', async (t) => {
  const { folder, later, enters, store } = stored(t, { passwords: `joe:${SHA}\n` })
  const path = join(folder, 'passwords')
  fill(folder, { passwords: `ann:${SHA}\n` })
  utimesSync(path, new Date(), new Date())
  later()
  assert.equal(await enters('ann'), true)
  const { generation } = store
  later()
  assert.equal(store.generation, generation)
})

test('what can no longer be used is told once, and what it said before holds on', async (t) => {
  const { store, folder, later, reports, enters } = stored(t, { passwords: `joe:${SHA}\n` })
  const path = join(folder, 'passwords')
  const { generation } = store
  const broken = async (expected: RegExp): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      later()
      assert.deepEqual([await enters('joe'), store.generation], [true, generation])
    }
    assert.equal(reports.length, 1)
    assert.match(reports.splice(0)[0] ?? '', expected)
  }
  fill(folder, { passwords: `joe:${OTHER}\nann:{SH` })
  await broken(/^error .*passwords:2: "ann"/)
  rmSync(path)
  await broken(/^error .*passwords: there is no such file/)
  mkdirSync(path)
  await broken(/this is no file/)
  rmSync(path, { recursive: true })
  fill(folder, { passwords: `ann:${SHA}\n` })
  later()
  assert.deepEqual([await enters('joe'), await enters('ann'), reports], [false, true, []])
})

test('who is removed while a thread hashes does not come in', async (t) => {
  const folder = makeFolder({ p: `joe:${SHA}\n` })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const store = htpasswdStore({ htpasswd: 'p' }, folder, undefined, async (password, hash) => {
    fill(folder, { p: '' })
    now += 1001
    return matches(password, hash)
  })
  await assert.rejects(async () => store.authenticateUser('joe', 'secret'), AuthenticationFailed)
})

test('a file that cannot be used at start is told with what to do', () => {
  const folder = makeFolder({ bad: `joe:${SHA}\nann\n`, good: '', 'folder/': '' })
  const cases: readonly (readonly [options: HtpasswdOptions, sentence: RegExp])[] = [
    [{ htpasswd: 'nowhere' }, /nowhere: there is no such file; "oriel passwd" makes one$/],
    [
      { htpasswd: 'good', groups: 'nowhere' },
      /nowhere: there is no such file; make it, with "group: user user" in each line$/,
    ],
    [{ htpasswd: 'folder' }, /folder: this is no file$/],
    [{ htpasswd: 'bad' }, /bad:2: this is no line/],
    [{ htpasswd: 'good', groups: 'bad' }, /bad:2: this is no line of a group file/],
  ]
  for (const [options, sentence] of cases) {
    assert.throws(
      () => htpasswdStore(options, folder),
      (error) => error instanceof PasswordFileError && sentence.test(error.message),
      sentence.source,
    )
  }
})

test('the files of a store are named, so that they are not served', () => {
  assert.deepEqual(passwordFiles({ htpasswd: './p', groups: '/g' }, '/srv'), ['/srv/p', '/g', '/srv/.p.new', '/.g.new'])
  assert.deepEqual(passwordFiles({ htpasswd: '../p' }, '/srv'), ['/p', '/.p.new'])
})

test('a link to a file is followed, also when it leads elsewhere', async (t) => {
  const { folder, later, enters } = stored(t, { one: `joe:${SHA}\n`, two: `ann:${SHA}\n`, passwords: '' })
  const path = join(folder, 'passwords')
  for (const [target, name] of [
    ['one', 'joe'],
    ['two', 'ann'],
  ] as const) {
    rmSync(path)
    symlinkSync(target, path)
    later()
    assert.equal(await enters(name), true)
  }
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { matches, readHash } from '../../src/access/stores/hashes.ts'
import { type Ended, ORIEL, runOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'

const SOON = { timeout: 60_000 }
const SHA = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='

/** Runs `oriel passwd` with a standard input that is no terminal. */
async function passwd(
  cwd: string,
  args: readonly string[],
  input: string | Uint8Array,
): Promise<Omit<Ended, 'signal'>> {
  const child = spawn(process.execPath, [ORIEL, 'passwd', ...args], { cwd })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  // It may refuse before it reads.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...printed }
}

/** What a file says of a name. */
function isPassword(folder: string, file: string, name: string, password: string): boolean {
  const line = readFileSync(join(folder, file), 'utf8')
    .split(/\r?\n/)
    .find((one) => one.startsWith(`${name}:`))
  assert.ok(line !== undefined, `${name} is in ${file}`)
  return matches(password, readHash(line.slice(name.length + 1), false))
}

test('a password from standard input makes the file, adds, changes, is verified, and is deleted', SOON, async () => {
  const folder = makeFolder()
  const made = await passwd(folder, ['users', 'joe'], 'secret\nnot this line\n')
  assert.deepEqual(made, {
    code: 0,
    stdout: 'Made users, which only its owner may read, with a password for joe.\n',
    stderr: '',
  })
  assert.equal(statSync(join(folder, 'users')).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o600)
  assert.ok(isPassword(folder, 'users', 'joe', 'secret'))
  const steps: readonly (readonly [args: string[], input: string, code: number, told: string])[] = [
    [['users', 'Jürgen Ö'], 'größer\r\n', 0, 'Added Jürgen Ö to users.\n'],
    [['users', 'joe'], 'other', 0, 'Changed the password of joe in users.\n'],
    [['users', 'joe', '--verify'], 'other\n', 0, 'This is the password of joe.\n'],
    [['--verify', 'users', 'joe'], 'secret\n', 1, 'oriel: this is not the password of joe\n'],
    [['users', 'ann', '--verify'], 'x\n', 1, 'oriel: there is no ann in users\n'],
    [['users', 'joe', '--delete'], '', 0, 'Removed joe from users.\n'],
    [['users', 'joe', '--delete'], '', 1, 'oriel: there is no joe in users\n'],
  ]
  for (const [args, input, code, told] of steps) {
    const ended = await passwd(folder, args, input)
    assert.deepEqual([ended.code, ended.stdout + ended.stderr], [code, told], args.join(' '))
  }
  assert.ok(isPassword(folder, 'users', 'Jürgen Ö', 'größer'))
  assert.deepEqual(readdirSync(folder), ['users'])
})

test('comments, order and lines that it does not know stay', SOON, async () => {
  const folder = makeFolder({ users: `# people\r\nold:uyDwOExPt0PNc\r\njoe:${SHA}:Joe\r\nann:${SHA}\r\n` })
  assert.equal((await passwd(folder, ['users', 'joe'], 'secret')).code, 0)
  const lines = readFileSync(join(folder, 'users'), 'latin1').split('\r\n')
  assert.deepEqual([lines[0], lines[1], lines[3], lines[4]], ['# people', 'old:uyDwOExPt0PNc', `ann:${SHA}`, ''])
  assert.match(lines[2] ?? '', /^joe:\$2y\$10\$[^:]+:Joe$/)
})

test('what cannot be meant is told in a sentence, and changes nothing', SOON, async () => {
  const never = /^a password is never taken from the command line, .*standard input\.$/
  const cases: readonly (readonly [args: string[], input: string | Uint8Array, code: number, why: RegExp])[] = [
    [['users', 'joe', 'secret'], '', 2, never],
    [['-b', 'users', 'joe', 'secret'], '', 2, never],
    [['users', 'joe'], '', 2, /^no password came on standard input$/],
    [['users', 'joe'], '\n', 2, /^the password is empty; nothing was changed$/],
    [['users', 'joe'], 'a\tb\n', 2, /^the password has a control character, which HTTP does not carry$/],
    [['users', 'joe'], Buffer.from('\xff\n', 'latin1'), 1, /^the password on standard input is not UTF-8$/],
    [['users', 'joe'], 'x'.repeat(256), 2, /^the password has 256 bytes, and may have 255$/],
    [['users', 'joe'], 'x'.repeat(100_000), 2, /^the password has \d+ bytes, and may have 255$/],
    [['users', 'jo:e'], 'x', 2, /^the name has a colon, where the password would begin$/],
    [['users', ''], 'x', 2, /^the name is empty$/],
    [['users', 'a\nb'], 'x', 2, /^the name has a control character$/],
    [['users', '#joe'], 'x', 2, /^the name begins with #, as a comment does$/],
    [['none/users', 'joe'], 'x', 1, /^there is no folder none: make it first$/],
    [['folder', 'joe'], 'x', 2, /^folder is no file$/],
    [['users', 'joe', '--verify'], 'x', 2, /^there is no file users$/],
    [['users', 'joe', '--delete'], 'x', 2, /^there is no file users$/],
    [['users', 'joe', '--delete', '--verify'], 'x', 2, /^choose one of --delete and --verify$/],
    [['old', 'joe', '--verify'], 'x', 1, /^old:1: "joe": it looks like DES crypt.*"oriel passwd" sets it anew$/],
    [['users'], 'x', 2, /^missing required argument 'name'$/],
  ]
  const folder = makeFolder({ 'folder/': '', old: 'joe:uyDwOExPt0PNc\n' })
  for (const [args, input, code, why] of cases) {
    const ended = await passwd(folder, args, input)
    assert.match(ended.stderr, /^oriel: [^\n]+\n$/, args.join(' '))
    assert.match(ended.stderr.slice('oriel: '.length, -1), why)
    assert.deepEqual([ended.code, ended.stdout], [code, ''], args.join(' '))
    assert.ok(!existsSync(join(folder, 'users')), args.join(' '))
  }
})

test('of a long password it is told how much counts', SOON, async () => {
  const folder = makeFolder()
  const ended = await passwd(folder, ['users', 'joe'], 'x'.repeat(73))
  assert.equal(ended.code, 0)
  assert.match(ended.stderr, /^oriel: the password has 73 bytes, of which bcrypt takes the first 72: /)
  assert.equal((await passwd(folder, ['users', 'ann'], 'x'.repeat(72))).stderr, '')
})

test('several at once all find their place', SOON, async () => {
  const folder = makeFolder()
  const names = ['ann', 'bob', 'joe', 'zoe']
  const ended = await Promise.all(names.map((name) => passwd(folder, ['users', name], `secret of ${name}\n`)))
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0, 0, 0],
  )
  for (const name of names) assert.ok(isPassword(folder, 'users', name, `secret of ${name}`))
})

/** `oriel passwd` at a terminal, which types an answer when it is asked; what the terminal showed. */
async function atTerminal(t: TestContext, cwd: string, args: string, answers: readonly string[]) {
  const script = needPeer(t, 'script')
  if (script === undefined) return undefined
  const child = spawn(script, ['-qec', `'${process.execPath}' '${ORIEL}' passwd ${args}`, '/dev/null'], { cwd })
  const left = [...answers]
  let shown = ''
  let asked = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const questions = shown.match(/: (?=\r?$|\r?\n)|: $/g)?.length ?? 0
    while (asked < questions && left.length > 0) {
      asked++
      child.stdin.write(left.shift() ?? '')
    }
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, shown }
}

test('at a terminal it asks twice, and shows nothing of what is typed', SOON, async (t) => {
  const folder = makeFolder()
  const ended = await atTerminal(t, folder, 'users joe', ['wrong\x15sécx\x7fret\r', 'sécret\r'])
  if (ended === undefined) return
  assert.equal(
    ended.shown.replaceAll('\r', ''),
    'New password of joe: \nAgain: \nMade users, which only its owner may read, with a password for joe.\n',
  )
  assert.equal(ended.code, 0)
  assert.ok(isPassword(folder, 'users', 'joe', 'sécret'))
  const verified = await atTerminal(t, folder, 'users joe --verify', ['sécret\r'])
  assert.equal(verified?.shown.replaceAll('\r', ''), 'Password of joe: \nThis is the password of joe.\n')
})

test('two passwords that differ, and Control-C, change nothing', SOON, async (t) => {
  for (const [answers, sentence] of [
    [['secret\r', 'secreT\r'], 'the two passwords differ; nothing was changed'],
    [['secret\r', '\x03'], 'given up; nothing was changed'],
    [['\x04'], 'given up; nothing was changed'],
  ] as const) {
    const folder = makeFolder()
    const ended = await atTerminal(t, folder, 'users joe', answers)
    if (ended === undefined) return
    assert.equal(ended.code, 1)
    assert.ok(ended.shown.endsWith(`oriel: ${sentence}\r\n`), ended.shown)
    assert.ok(!/secret/i.test(ended.shown))
    assert.deepEqual(readdirSync(folder), [])
  }
})

test('the help says how it is used, and of nothing that is refused', SOON, async (t) => {
  const { code, stdout } = await runOriel(t, ['passwd', '--help'], makeFolder())
  assert.equal(code, 0)
  assert.match(stdout, /^Usage: oriel passwd \[options\] <file> <name>\n/)
  assert.ok(!/^ +-b/m.test(stdout))
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { noOtherUser } from '../../test/support/another-user.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { editFile } from './edit-file.ts'

const posix = { skip: process.platform === 'win32', timeout: 30_000 }
const ROOT = process.getuid?.() === 0

/** Adds a letter. */
function adding(letter: string) {
  return (bytes: Uint8Array = new Uint8Array()): Uint8Array => Buffer.concat([bytes, Buffer.from(letter)])
}

test('a file is made for its owner alone, and changed', posix, async () => {
  const folder = makeFolder()
  const path = join(folder, 'f')
  assert.equal(await editFile(path, adding('a')), 'made')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(await editFile(path, adding('b')), 'changed')
  assert.equal(await editFile(path, () => undefined), 'kept')
  assert.equal(readFileSync(path, 'utf8'), 'ab')
  assert.deepEqual(readdirSync(folder), ['f'])
})

test('its mode and owner stay, and links to it', posix, async () => {
  const folder = makeFolder({ 'real/f': 'a' })
  const real = join(folder, 'real/f')
  symlinkSync('real/f', join(folder, 'link'))
  chmodSync(real, 0o640)
  if (ROOT) chownSync(real, 65534, 65534)
  const { uid, gid, ino } = statSync(real)
  assert.equal(await editFile(join(folder, 'link'), adding('b')), 'changed')
  const after = statSync(real)
  assert.deepEqual([after.mode & 0o7777, after.uid, after.gid], [0o640, uid, gid])
  assert.notEqual(after.ino, ino, 'it is another file: who had it open reads what was there')
  assert.equal(readFileSync(join(folder, 'link'), 'utf8'), 'ab')
  assert.deepEqual(readdirSync(folder).sort(), ['link', 'real'])
})

test('who changes it at once come one after the other, and nothing is lost', posix, async () => {
  const path = join(makeFolder(), 'f')
  const letters = [...'abcdefgh']
  await Promise.all(letters.map((letter) => editFile(path, adding(letter))))
  assert.deepEqual([...readFileSync(path, 'utf8')].sort(), letters)
})

test('who changes it waits for another process', posix, async () => {
  const folder = makeFolder({ '.f.new': '', f: 'a' })
  const edited = editFile(join(folder, 'f'), adding('b'))
  renameSync(join(folder, '.f.new'), join(folder, 'f'))
  assert.equal(await edited, 'changed')
  assert.equal(readFileSync(join(folder, 'f'), 'utf8'), 'b', 'what the other one wrote was there')
})

test('where it cannot be changed it stays as it was, and the sentence says what to do', posix, async () => {
  const folder = makeFolder({ f: 'a', 'folder/': '' })
  symlinkSync('nowhere', join(folder, 'dangling'))
  const failure = new Error('no')
  const cases: readonly (readonly [name: string, why: RegExp])[] = [
    ['none/f', /^Error: there is no folder \S+none: make it first$/],
    ['dangling', /^Error: \S+dangling is a link to a file that is not there/],
    ['folder', /^Error: \S+folder is no file$/],
  ]
  for (const [name, why] of cases) await assert.rejects(editFile(join(folder, name), adding('b')), why)
  const thrown = editFile(join(folder, 'f'), () => {
    throw failure
  })
  await assert.rejects(thrown, failure)
  assert.equal(readFileSync(join(folder, 'f'), 'utf8'), 'a')
  assert.deepEqual(readdirSync(folder).sort(), ['dangling', 'f', 'folder'])
})

test('what a killed process left is named', { ...posix, timeout: 60_000 }, async () => {
  const folder = makeFolder({ f: 'a' })
  writeFileSync(join(folder, '.f.new'), 'half')
  await assert.rejects(editFile(join(folder, 'f'), adding('b')), /Where none is, one was killed: remove \S+\.f\.new$/)
  assert.equal(readFileSync(join(folder, '.f.new'), 'utf8'), 'half')
})

test('another user may change neither what is in our folder, nor what would become theirs', {
  skip: noOtherUser(),
  timeout: 30_000,
}, () => {
  const folder = makeFolder({ 'ours/f': 'a', 'all/f': 'a' })
  for (const [name, mode] of [
    ['', 0o755],
    ['ours', 0o755],
    ['all', 0o777],
  ] as const) {
    chmodSync(join(folder, name), mode)
  }
  const cases: readonly (readonly [name: string, why: RegExp])[] = [
    ['ours/f', /^\S+ours\/f cannot be changed: this user may not write to its folder$/],
    ['all/f', /^\S+all\/f is another user's, and would become yours: change it as that user$/],
  ]
  for (const [name, why] of cases) {
    const path = join(folder, name)
    const program = `
      const { editFile } = await import(${JSON.stringify(new URL('./edit-file.js', import.meta.url).href)})
      const told = await editFile(${JSON.stringify(path)}, () => Buffer.from('b')).catch((error) => error.message)
      process.stdout.write(told)`
    const args = ['--input-type=module', '-e', program]
    const made: string = spawnSync(process.execPath, args, { uid: 65534, gid: 65534, encoding: 'utf8' }).stdout
    assert.match(made, why)
    assert.equal(readFileSync(path, 'utf8'), 'a')
    assert.deepEqual(readdirSync(join(path, '..')), ['f'])
  }
})

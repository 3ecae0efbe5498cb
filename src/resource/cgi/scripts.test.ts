import assert from 'node:assert/strict'
import { chmodSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { POSIX, writeScripts } from '../../../test/support/cgi-site.ts'
import { fill, makeFolder } from '../../../test/support/folder.ts'
import { HttpError } from '../../message/errors.ts'
import type { CgiOptions } from './options.ts'
import { Scripts, TO_FOLDER } from './scripts.ts'

function scriptsIn(
  folder: string,
  options: CgiOptions = {},
  secret = (real: string) => real.endsWith('.key'),
): Scripts {
  return new Scripts(join(folder, 'bin'), options, { base: folder, types: {}, withheld: () => true, secret })
}

/** What is found: the script by its path within the folder, and the rest; or the status. */
async function found(scripts: Scripts, folder: string, rest: string): Promise<string> {
  try {
    const script = await scripts.find(rest)
    if (script === TO_FOLDER) return 'to folder'
    const path = script.path.replace(join(folder, 'bin'), '')
    return `${path} + ${rest.slice(script.name.length)}${script.executable ? '' : ' (not executable)'}`
  } catch (error) {
    assert.ok(error instanceof HttpError)
    return String(error.status)
  }
}

function site(): string {
  const folder = makeFolder({ 'outside.cgi': 'x', 'bin/a/': '', 'bin/.hidden': 'x', 'bin/a.key': 'x' })
  writeScripts(join(folder, 'bin'), { 'a/b.cgi': 'x', 'a b.cgi': 'x', 'ä.cgi': 'x', 'a/index.cgi': 'x' })
  fill(folder, { 'bin/text': 'x' })
  symlinkSync('a/b.cgi', join(folder, 'bin/inside'))
  symlinkSync('../outside.cgi', join(folder, 'bin/outside'))
  symlinkSync('nowhere', join(folder, 'bin/dangling'))
  return folder
}

test('the first part of a path that is a file is the script, the rest is for it', POSIX, async () => {
  const folder = site()
  const cases = [
    ['/a/b.cgi', '/a/b.cgi + '],
    ['/a/b.cgi/', '/a/b.cgi + /'],
    ['/a/b.cgi/x/y%20z', '/a/b.cgi + /x/y%20z'],
    ['/a%20b.cgi/%FF', '/a b.cgi + /%FF'],
    ['/%C3%A4.cgi', '/ä.cgi + '],
    ['/inside/x', '/a/b.cgi + /x'],
    ['/text', '/text +  (not executable)'],
    ['', '403'],
    ['/', '403'],
    ['/a', '403'],
    ['/a/', '403'],
    ['/outside', '404'],
    ['/dangling', '404'],
    ['/.hidden', '404'],
    ['/a.key', '404'],
    ['/none', '404'],
    ['/none/b.cgi', '404'],
    ['/a/b.cgi.', '404'],
    ['/a/B.CGI', '404'],
    ['/a/b.cgi%20', '404'],
    ['/a/b.cgi::$DATA', '404'],
    ['/%FF', '404'],
    [`/${'x'.repeat(300)}`, '404'],
  ] as const
  const scripts = scriptsIn(folder)
  for (const [rest, expected] of cases) {
    assert.equal(await found(scripts, folder, rest), expected, rest)
    assert.equal(await found(scripts, folder, rest), expected, `${rest}, once more`)
  }
})

test('an index stands for its folder, which wants a slash', POSIX, async () => {
  const folder = site()
  const scripts = scriptsIn(folder, { index: ['none.cgi', 'index.cgi'] })
  assert.equal(await found(scripts, folder, '/a/'), '/a/index.cgi + ')
  assert.equal(await found(scripts, folder, '/a'), 'to folder')
  assert.equal(await found(scripts, folder, '/'), '403')
})

test('links may lead out where that is said', POSIX, async () => {
  const folder = site()
  assert.match(await found(scriptsIn(folder, { symlinks: true }), folder, '/outside'), /outside\.cgi/)
})

test('what was found is believed for a second', POSIX, async (t) => {
  let now = 1000
  t.mock.method(performance, 'now', () => now)
  const folder = site()
  const scripts = scriptsIn(folder)
  assert.equal(await found(scripts, folder, '/a/b.cgi'), '/a/b.cgi + ')
  assert.ok(!(scripts.find('/a/b.cgi/x') instanceof Promise), 'at once')
  chmodSync(join(folder, 'bin/a/b.cgi'), 0o644)
  now += 1001
  if (process.getuid?.() === 0) assert.equal(await found(scripts, folder, '/a/b.cgi'), '/a/b.cgi +  (not executable)')
  rmSync(join(folder, 'bin/a/b.cgi'))
  now += 1001
  assert.equal(await found(scripts, folder, '/a/b.cgi'), '404')
})

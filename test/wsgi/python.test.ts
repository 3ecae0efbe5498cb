import assert from 'node:assert/strict'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findProgram, needPeer } from '../support/peers.ts'
import { run } from '../support/run.ts'

const PYTHON = join(import.meta.dirname, '../../../python')
const LIMIT = { timeout: 280_000 }
const MINORS = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14']

/** Each Python from 3.8 on that is here, by what it says of itself. */
async function pythons(t: TestContext): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const usual = needPeer(t, 'python3')
  const pyenv = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions')
  const kept = existsSync(pyenv) ? readdirSync(pyenv).map((name) => join(pyenv, name, 'bin/python3')) : []
  const named = MINORS.map((minor) => findProgram(`python${minor}`))
  for (const path of [usual, '/usr/bin/python3', ...named, ...kept]) {
    if (path === undefined || !existsSync(path)) continue
    const script =
      'import sys; print(sys.executable); print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 8))'
    const { code, stdout } = await run(path, ['-c', script])
    const [executable = '', version = ''] = stdout.split('\n')
    if (code === 0 && existsSync(executable)) found.set(realpathSync(executable), version)
  }
  return found
}

test('the tests of what is Python pass with each Python that is here', LIMIT, async (t) => {
  const found = await pythons(t)
  if (found.size === 0) return
  for (const [python, version] of found) {
    await t.test(`Python ${version}`, { timeout: 90_000 }, async () => {
      const args = ['-B', '-W', 'error::ResourceWarning', '-m', 'unittest', 'discover', '-t', '.', '-s', 'tests']
      const { code, stderr } = await run(python, args, { cwd: PYTHON })
      assert.equal(code, 0, stderr)
      const count = /^Ran (\d+) tests/m.exec(stderr)?.[1]
      assert.ok(Number(count) > 150, stderr)
      assert.doesNotMatch(stderr, /Exception ignored|Warning/)
    })
  }
})

test('what is Python, and its tests, are typed', LIMIT, async (t) => {
  const mypy = needPeer(t, 'mypy')
  if (mypy === undefined) return
  const args = ['--strict', '--python-version', '3.8', '--cache-dir', '/dev/null', 'oriel', 'tests']
  const { code, stdout } = await run(mypy, args, { cwd: PYTHON })
  assert.equal(code, 0, stdout)
})

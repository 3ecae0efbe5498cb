import assert from 'node:assert/strict'
import { test } from 'node:test'
import { candidates } from './private-folder.ts'

test('XDG_RUNTIME_DIR counts where it is absolute and leaves room for the names of sockets', (t) => {
  const { XDG_RUNTIME_DIR: before } = process.env
  t.after(() => {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR']
    else process.env['XDG_RUNTIME_DIR'] = before
  })
  const good = ['/run/user/1000', `/${'a'.repeat(70)}`]
  for (const folder of [...good, '', 'relative', './a', `/${'a'.repeat(100)}`, `/${'ü'.repeat(40)}`]) {
    process.env['XDG_RUNTIME_DIR'] = folder
    assert.equal(candidates().includes(`${folder}/oriel`), good.includes(folder), folder)
  }
})

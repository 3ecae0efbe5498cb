import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { removeTree } from './remove-tree.ts'

test('a folder is removed with all that is in it, and nothing that links lead to', () => {
  const folder = makeFolder()
  const kept = join(folder, 'kept')
  mkdirSync(kept)
  writeFileSync(join(kept, 'file'), '')
  const gone = join(folder, 'gone')
  mkdirSync(join(gone, 'a', 'b'), { recursive: true })
  writeFileSync(join(gone, 'a', '.file'), '')
  for (const link of ['link', 'a/link', 'a/b/link']) symlinkSync(kept, join(gone, link))
  removeTree(gone)
  removeTree(gone)
  assert.ok(!existsSync(gone))
  symlinkSync(kept, gone)
  removeTree(gone)
  assert.deepEqual(readdirSync(kept), ['file'])
})

/** Folders that become links, again and again. */
const SWAPS = `
const fs = require('fs')
const [kept, base] = process.argv.slice(1)
process.stdout.write('on')
for (;;) {
  try {
    fs.mkdirSync(base + '/x'); fs.mkdirSync(base + '/x/y')
    fs.rmdirSync(base + '/x/y'); fs.rmdirSync(base + '/x')
    fs.symlinkSync(kept, base + '/x'); fs.unlinkSync(base + '/x')
  } catch { try { fs.rmSync(base + '/x', { recursive: true, force: true }) } catch {} }
}`

const AS_ROOT = { skip: process.getuid?.() !== 0 && 'only root removes folders of others', timeout: 60_000 }

test('a link that takes the place of a folder meanwhile leads nowhere', AS_ROOT, async (t) => {
  const folder = makeFolder()
  const [kept, base] = ['kept', 'base'].map((name) => join(folder, name)) as [string, string]
  for (const path of [kept, base]) mkdirSync(path)
  writeFileSync(join(kept, 'file'), '')
  const child = spawn(process.execPath, ['-e', SWAPS, kept, base], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  await once(child.stdout, 'data')
  for (let i = 0; i < 20_000; i++) {
    removeTree(join(base, 'x'))
    if (!existsSync(join(kept, 'file'))) assert.fail(`gone after ${i}`)
  }
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder, patterned } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { everythingIn, writable } from '../support/writable.ts'

const BIG = patterned(20_000_000)

test('curl -T uploads, replaces, resumes nothing, makes folders and removes', { timeout: 60_000 }, async (t) => {
  const path = needPeer(t, 'curl')
  if (path === undefined) return
  const from = makeFolder({ 'big.bin': BIG, 'small.txt': 'small', 'empty.txt': '' })
  const root = makeFolder()
  const { url } = await writable(t, root)
  const curl = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const usual = [
        '-q',
        '-sS',
        '--noproxy',
        '*',
        '--max-time',
        '20',
        '-o',
        join(from, 'answer'),
        '-w',
        '%{http_code}',
      ]
      execFile(path, [...usual, ...args], (_, stdout, stderr) => resolve(stdout + stderr))
    })
  const big = join(from, 'big.bin')
  assert.equal(await curl('-T', big, `${url}/`), '201')
  assert.equal(await curl('-T', big, '-H', 'Transfer-Encoding: chunked', `${url}/chunked.bin`), '201')
  assert.equal(await curl('-T', big, '--http1.0', `${url}/chunked.bin`), '204')
  for (const name of ['big.bin', 'chunked.bin']) assert.ok(readFileSync(join(root, name)).equals(BIG), name)
  assert.equal(await curl('-C', '100', '-T', big, `${url}/big.bin`), '400')
  assert.equal(await curl('-X', 'MKCOL', `${url}/sub/`), '201')
  assert.equal(await curl('-T', `{${join(from, 'small.txt')},${join(from, 'empty.txt')}}`, `${url}/sub/`), '201201')
  assert.equal(await curl('-T', join(from, 'small.txt'), '-H', 'If-None-Match: *', `${url}/sub/empty.txt`), '412')
  assert.equal(await curl('-X', 'DELETE', `${url}/chunked.bin`), '204')
  assert.deepEqual(everythingIn(root), ['big.bin', 'sub', 'sub/empty.txt', 'sub/small.txt'])
  assert.ok(readFileSync(join(root, 'big.bin')).equals(BIG))
})

test('curl that gives up in the middle leaves nothing', { timeout: 60_000 }, async (t) => {
  const path = needPeer(t, 'curl')
  if (path === undefined) return
  const from = makeFolder({ 'big.bin': BIG })
  const root = makeFolder({ 'big.bin': 'old' })
  const { url, under } = await writable(t, root)
  const args = ['-q', '-sS', '--noproxy', '*', '--limit-rate', '2M', '--max-time', '1', '-T', join(from, 'big.bin')]
  await new Promise<void>((resolve) => execFile(path, [...args, `${url}/big.bin`], () => resolve()))
  await under.logged(1)
  while (everythingIn(root).length > 1) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(readFileSync(join(root, 'big.bin'), 'utf8'), 'old')
})

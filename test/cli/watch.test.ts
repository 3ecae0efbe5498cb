import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fill } from '../support/folder.ts'
import { Production, said, until } from '../support/production.ts'

const posix = { timeout: 30_000, skip: process.platform === 'win32' }

for (const workers of [1, 2]) {
  test(`--watch reloads when code changes and not when files do, with ${workers} worker(s)`, posix, async (t) => {
    const keys = `workers: ${workers}, listen: [{ port: 0 }],
      routes: [{ match: '/*', module: './m.ts' }, { match: '/files/*', files: './files' }],`
    const site = new Production(t, keys, {
      'm.ts': "import { name } from './deep/er/name.ts'\nexport const GET = (): Response => new Response(name)",
      'deep/er/name.ts': "export const name: string = 'one'",
      'files/a.txt': 'a',
    })
    const oriel = site.serve('--watch')
    const url = await oriel.url()
    assert.equal(await said(url), 'one')
    const change = async (text: string, ...expected: string[]): Promise<void> => {
      // The watcher tells nobody when it begins: until it has, a change is made again.
      await until(async () => {
        writeFileSync(join(site.folder, 'deep/er/name.ts'), text)
        await new Promise((resolve) => setTimeout(resolve, 300))
        return expected.includes(await said(url))
      })
    }
    await change("export const name: string = 'two'", 'two')
    fill(site.folder, {
      'files/a.txt': 'b',
      'files/new/c.html': 'c',
      'node_modules/x/index.js': '',
      '.git/x.json': '{}',
    })
    writeFileSync(join(site.folder, 'm.ts'), 'export const = 1')
    await oriel.printed(/error: The reload failed, and the server goes on as it was: /)
    assert.equal(await said(url), 'two')
    writeFileSync(join(site.folder, 'm.ts'), "export const GET = (): Response => new Response('mended')")
    await until(async () => (await said(url)) === 'mended')
    oriel.signal('SIGTERM')
    assert.equal((await oriel.ended).code, 0)
  })
}

test('--watch: files that are served, packages and hidden folders reload nothing', posix, async (t) => {
  const site = new Production(t, "listen: [{ port: 0 }], routes: [{ match: '/*', files: './files' }],", {
    'files/a.txt': 'a',
  })
  const oriel = site.serve('--watch')
  await oriel.url()
  // As above.
  await until(async () => {
    writeFileSync(join(site.folder, 'x.json'), '{}')
    await new Promise((resolve) => setTimeout(resolve, 300))
    return oriel.stdout.includes('Reloaded')
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const before = oriel.stdout
  fill(site.folder, { 'files/b.txt': 'b', 'node_modules/x/index.js': '', '.git/x.json': '{}' })
  writeFileSync(join(site.folder, 'files/a.txt'), 'changed')
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(oriel.stdout, before)
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { openBrowser } from '../support/browser.ts'
import { type OrielProcess, startOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'

const run = promisify(execFile)
const posix = { skip: process.platform === 'win32', timeout: 120_000 }
const SITE = { 'index.html': '<!doctype html><title>Secure</title><p>It is secure' }

/** With a cache folder of the test's own. */
function started(t: TestContext, args: readonly string[], folder: string): OrielProcess {
  return startOriel(t, args, folder, { env: { XDG_CACHE_HOME: join(folder, '.cache') } })
}

test('a folder is served by https, and a client that trusts the certificate takes it', posix, async (t) => {
  const curl = needPeer(t, 'curl')
  if (curl === undefined) return
  const folder = makeFolder(SITE)
  const oriel = started(t, ['--tls', '--port', '0'], folder)
  const url = await oriel.url()
  assert.match(url, /^https:/)
  const [, trusted = ''] = await oriel.printed(/trusted by nobody: .* have it trust (\S+\.crt); a site for others/)
  assert.equal(trusted, join(folder, '.cache/oriel/development.crt'))
  const { port } = new URL(url)
  for (const host of ['127.0.0.1', 'localhost']) {
    const { stdout }: { stdout: string } = await run(curl, [
      '-sS',
      '-4',
      '--cacert',
      trusted,
      `https://${host}:${port}/`,
    ])
    assert.equal(stdout, SITE['index.html'], host)
  }
  await assert.rejects(run(curl, ['-sS', url]), /self[- ]signed certificate/i)
})

test('a browser loads what is served, once it is told to go on', posix, async (t) => {
  const browser = await openBrowser(t, { ignoreHTTPSErrors: true })
  if (browser === undefined) return
  const folder = makeFolder({
    ...SITE,
    'oriel.config.yaml': 'listen: [{ port: 0 }]\nroutes: [{ match: /*, files: . }]\n',
  })
  const oriel = started(t, ['serve', '--tls'], folder)
  const page = await browser.newPage()
  const answer = await page.goto(await oriel.url())
  assert.equal(answer?.status(), 200)
  assert.equal(await page.title(), 'Secure')
  assert.equal((await answer?.securityDetails())?.protocol, 'TLS 1.3')
  assert.match((await answer?.securityDetails())?.subjectName ?? '', /^Oriel for development/)
})

test('without --tls no certificate is made', posix, async (t) => {
  const folder = makeFolder(SITE)
  assert.match(await started(t, ['--port', '0'], folder).url(), /^http:/)
  assert.equal(existsSync(join(folder, '.cache')), false)
})

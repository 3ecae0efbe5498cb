import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openBrowser } from '../support/browser.ts'
import { copyExample, serveExample } from '../support/example.ts'
import { needPeer } from '../support/peers.ts'

const LIMIT = { timeout: 120_000 }
const ENV = {
  ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  ...{ GIT_AUTHOR_NAME: 'A Reader', GIT_AUTHOR_EMAIL: 'reader@example.org' },
  ...{ GIT_COMMITTER_NAME: 'A Reader', GIT_COMMITTER_EMAIL: 'reader@example.org' },
}

/** A bare repository of two commits, with a name and a text that want to be escaped. */
function makeRepository(git: string, folder: string): void {
  const clone = join(folder, 'clone')
  const runs = (cwd: string, ...args: string[]): void => {
    execFileSync(git, args, { cwd, env: { ...process.env, ...ENV, HOME: folder }, stdio: 'pipe' })
  }
  mkdirSync(join(clone, 'a folder'), { recursive: true })
  runs(clone, 'init', '--initial-branch=main')
  for (const text of ['one\n', 'one\n<b>two</b> & three\n']) {
    writeFileSync(join(clone, 'a folder/notes.txt'), text)
    runs(clone, 'add', '--all')
    runs(clone, 'commit', '--message', text === 'one\n' ? 'First' : 'Say <b>more</b>')
  }
  mkdirSync(join(folder, 'repositories'))
  runs(folder, 'clone', '--bare', clone, 'repositories/notes.git')
  writeFileSync(join(folder, 'repositories/notes.git/description'), 'Notes & more\n')
}

test('gitweb shows a repository to a browser: its commits, a difference, a file', LIMIT, async (t) => {
  const git = needPeer(t, 'git')
  const browser = await openBrowser(t)
  if (git === undefined || browser === undefined) return
  const folder = copyExample('gitweb')
  makeRepository(git, folder)
  const { url } = await serveExample(t, folder)
  const page = await browser.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${message.text()} ${message.location().url}`))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on(
    'response',
    (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`),
  )

  const list = await page.goto(`${url}/gitweb/`)
  assert.equal(list?.status(), 200)
  assert.match(list?.headers()['content-type'] ?? '', /^(?:text\/html|application\/xhtml\+xml); ?charset=utf-8$/i)
  assert.equal(await page.locator('table.project_list tr:has-text("notes.git")').count(), 1)
  assert.match(await page.locator('table.project_list').innerText(), /Notes & more/)

  await page.locator('table.project_list a', { hasText: 'notes.git' }).click()
  assert.match(page.url(), /\/gitweb\/notes\.git$/)
  await page.locator('table.shortlog a.subject', { hasText: 'Say <b>more</b>' }).click()
  assert.match(page.url(), /\/gitweb\/notes\.git\/commit\/[0-9a-f]{40}$/)
  await page.locator('.page_header').waitFor()
  // The style sheet of the package came, or the page would have no colour.
  await page.waitForFunction(
    `getComputedStyle(document.querySelector('.page_header')).backgroundColor === 'rgb(217, 216, 209)'`,
  )

  await page.locator('.page_nav a', { hasText: 'commitdiff' }).first().click()
  assert.match(await page.locator('.patchset').innerText(), /\+<b>two<\/b>\s&\sthree/)
  await page.screenshot({ path: join(tmpdir(), 'oriel-gitweb.png'), fullPage: true })

  await page
    .locator('.page_nav a', { hasText: /^tree$/ })
    .first()
    .click()
  await page.locator('table.tree a', { hasText: 'a folder' }).click()
  await page.locator('table.tree a', { hasText: 'notes.txt' }).first().click()
  assert.match(await page.locator('.page_body').innerText(), /<b>two<\/b>\s&\sthree/)

  const raw = await page.request.get(`${url}/gitweb/notes.git/blob_plain/HEAD:/a%20folder/notes.txt`)
  assert.equal(await raw.text(), 'one\n<b>two</b> & three\n')
  const archive = await page.request.get(`${url}/gitweb/notes.git/snapshot/HEAD.tar.gz`)
  assert.match(archive.headers()['content-type'] ?? '', /^application\/x-gzip/)
  assert.deepEqual([...(await archive.body()).subarray(0, 2)], [0x1f, 0x8b])
  assert.deepEqual(complaints, [])

  const nowhere = await page.request.get(`${url}/gitweb/notes.git/commit/${'0'.repeat(40)}`)
  assert.equal(nowhere.status(), 404)
})

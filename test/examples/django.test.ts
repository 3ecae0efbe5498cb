import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { needModules } from '../support/peers.ts'
import { run } from '../support/run.ts'

const LIMIT = { timeout: 120_000 }
const PYTHON = '/usr/bin/python3'
const PICTURE = join(import.meta.dirname, '../../../examples/site/public/images/fog-return-1934.png')
const PASSWORD = 'a & <long> pässword'

async function serving(t: TestContext): Promise<ServedExample | undefined> {
  if (!needModules(t, PYTHON, ['django'])) return undefined
  const folder = copyExample('django')
  const made = await run('/bin/sh', [join(folder, 'make.sh'), 'ann', PASSWORD], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  assert.equal(made.code, 0, made.stderr)
  return serveExample(t, folder)
}

async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(tmpdir(), `oriel-django-${name}.png`), fullPage: true })
}

/** Everything that goes wrong in a page while it is used. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  page.on('requestfailed', (request) => {
    // A page that is left breaks off what it was still loading.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') {
      complaints.push(`${request.failure()?.errorText} ${request.url()}`)
    }
  })
  return complaints
}

test('books are added with a cover, changed and deleted in the admin, by a browser', LIMIT, async (t) => {
  const browser = await openBrowser(t, { viewport: { width: 1200, height: 900 } })
  const served = await serving(t)
  if (served === undefined || browser === undefined) return
  const { url } = served
  const page = await browser.newPage()
  page.setDefaultTimeout(20_000)
  const complaints = complaintsOf(page)

  await page.goto(`${url}/admin/`)
  assert.match(page.url(), /\/admin\/login\/\?next=\/admin\/$/)
  await page.fill('#id_username', 'ann')
  await page.fill('#id_password', PASSWORD)
  await page.click('input[type=submit]')
  await page.getByText('Site administration').first().waitFor()

  await page.goto(`${url}/admin/library/book/add/`)
  await page.fill('#id_title', 'Häuser am Fjord')
  await page.fill('#id_author', 'Å. Ødegård')
  await page.setInputFiles('#id_cover', PICTURE)
  await shot(page, 'add')
  await page.click('input[name=_save]')
  await page.getByText('was added successfully').waitFor()
  await shot(page, 'list')

  await page.click('.field-title a, .field-__str__ a')
  await page.fill('#id_title', 'Hütten am Fjord')
  await page.click('input[name=_save]')
  await page.getByText('was changed successfully').waitFor()

  await page.goto(`${url}/`)
  assert.deepEqual(await page.locator('li strong').allTextContents(), ['Hütten am Fjord'])
  const cover = (await page.locator('li img').getAttribute('src')) ?? ''
  const picture = await fetch(`${url}${cover}`)
  assert.deepEqual([picture.status, picture.headers.get('content-type')], [200, 'image/png'])
  assert.deepEqual(Buffer.from(await picture.arrayBuffer()), readFileSync(PICTURE))
  await shot(page, 'shelf')

  await page.goto(`${url}/admin/library/book/`)
  await page.click('.field-title a')
  await page.click('a.deletelink')
  await page.click('input[type=submit]')
  await page.getByText('was deleted successfully').waitFor()
  await page.goto(`${url}/`)
  await page.getByText('There are no books yet').waitFor()
  assert.deepEqual(complaints, [])
})

test('static files are served by Oriel, and the database and the secret by nobody', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url } = served
  const css = await fetch(`${url}/static/admin/css/base.css`)
  assert.deepEqual([css.status, css.headers.get('content-type')], [200, 'text/css; charset=utf-8'])
  // Django itself gives no entity tags: this is the file.
  assert.notEqual(css.headers.get('etag'), null)
  for (const path of ['/secret.key', '/data/library.sqlite3', '/mysite/settings.py', '/static/../secret.key']) {
    assert.equal((await fetch(url + path)).status, 404, path)
  }
  const stranger = await fetch(`${url}/`, { headers: { 'X-Forwarded-Host': 'evil.example' } })
  assert.equal(stranger.status, 200)
  const refused = await fetch(`${url}/admin/login/`, { method: 'POST', body: new URLSearchParams({ username: 'ann' }) })
  assert.equal(refused.status, 403, 'without the token of the form')
})

import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { copyExample, serveExample } from '../support/example.ts'
import { startPhpFpm } from '../support/php-fpm.ts'
import { run } from '../support/run.ts'

const LIMIT = { timeout: 180_000 }
const ADDRESS = 'unix:/run/php/php8.2-fpm.sock'
const PICTURE = join(import.meta.dirname, '../../../examples/site/public/images/fog-return-1934.png')
/**
 * What DokuWiki asks for and does not find: the picture of its own data folder that must not be reached, and a logo that
 * only a data folder of Debian has.
 */
const MISSING = /\/data\/dont-panic-|wiki:dokuwiki-128\.png/
const PASSWORD = 'a & <long> pässword'

async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(tmpdir(), `oriel-dokuwiki-${name}.png`), fullPage: true })
}

test('DokuWiki is installed, written to and given a picture in a browser', LIMIT, async (t) => {
  if (process.env['ORIEL_REQUIRE_PEERS'] !== '1' && !existsSync('/usr/share/dokuwiki/install.php')) {
    t.skip('dokuwiki is not installed, and this test needs it')
    return
  }
  const fpm = await startPhpFpm(t, { 'pm.max_children': 4, 'php_admin_value[upload_max_filesize]': '20M' })
  const browser = await openBrowser(t, { viewport: { width: 1200, height: 900 } })
  if (fpm === undefined || browser === undefined) return
  const folder = copyExample('dokuwiki')
  const made = await run('/bin/sh', [join(folder, 'make.sh')])
  assert.equal(made.code, 0, made.stderr)
  const { url } = await serveExample(t, folder, { [ADDRESS]: `unix:${fpm.socket}` })
  const data = join(folder, 'public/data')
  const page = await browser.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('response', (response) => {
    if (response.status() >= 400 && !MISSING.test(response.url()))
      complaints.push(`${response.status()} ${response.url()}`)
  })
  page.on('requestfailed', (request) => {
    // A page that is left breaks off what it was still loading.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED')
      complaints.push(`${request.failure()?.errorText} ${request.url()}`)
  })

  await page.goto(`${url}/install.php`)
  const fields = { title: 'A wiki of tests', superuser: 'ann', fullname: 'Ann Example', email: 'ann@example.org' }
  for (const [name, value] of Object.entries(fields)) await page.fill(`#${name}`, value)
  await page.fill('#password', PASSWORD)
  await page.fill('#confirm', PASSWORD)
  await page.uncheck('#pop')
  await page.click('button[name=submit]')
  await page.getByText('The configuration was finished successfully').waitFor()
  assert.match(readFileSync(join(folder, 'public/conf/users.auth.php'), 'utf8'), /^ann:\$2y\$/m)
  rmSync(join(folder, 'public/install.php'))

  await page.goto(`${url}/`)
  assert.equal(await page.title(), 'start [A wiki of tests]')
  assert.match(page.url(), /\/(?:doku\.php\/start)?$/)
  await page.click('#dokuwiki__usertools .login a')
  await page.fill('#dw__login input[name=u]', 'ann')
  await page.fill('#dw__login input[name=p]', PASSWORD)
  await page.click('#dw__login button[type=submit]')
  await page.getByText('Logged in as').waitFor()

  await page.goto(`${url}/doku.php/notes:first?do=media&ns=notes&tab_files=upload`)
  await page.setInputFiles('#mediamanager__uploader input[type=file]', {
    name: 'fog.png',
    mimeType: 'image/png',
    buffer: readFileSync(PICTURE),
  })
  await page.click('#mediamanager__upload_button')
  await page.locator('#mediamanager__uploader .qq-upload-success').waitFor()
  await shot(page, 'media')
  assert.deepEqual(readFileSync(join(data, 'media/notes/fog.png')), readFileSync(PICTURE))

  await page.goto(`${url}/doku.php/notes:first?do=edit`)
  const text = '====== Fög & <Light> ======\n\nWritten through **Oriel**: {{fog.png?300}}\n'
  await page.fill('#wiki__text', text)
  await page.click('#edbtn__save')
  await page.getByRole('heading', { name: 'Fög & <Light>' }).waitFor()
  assert.match(page.url(), /\/doku\.php\/notes:first(?:#.*)?$/)
  assert.equal(readFileSync(join(data, 'pages/notes/first.txt'), 'utf8').trim(), text.trim())

  const picture = page.locator('#dokuwiki__content img.media')
  await picture.waitFor()
  // Made smaller by PHP, as the page asks for 300 pixels.
  await page.waitForFunction(`document.querySelector('#dokuwiki__content img.media').naturalWidth === 300`)
  await shot(page, 'page')
  await page.locator('#dokuwiki__pagetools .edit a').click()
  await page.fill('#wiki__text', `${text}\nAnd once more.\n`)
  await page.click('#edbtn__save')
  await page.getByText('And once more.').waitFor()
  await page.goto(`${url}/doku.php/notes:first?do=revisions`)
  assert.equal(await page.locator('#page__revisions li').count(), 2)
  assert.deepEqual(complaints, [])

  for (const path of ['/conf/users.auth.php', '/data/pages/notes/first.txt', '/inc/init.php', '/%63onf/local.php']) {
    const response = await page.request.get(url + path)
    assert.equal(response.status(), 404, path)
  }
})

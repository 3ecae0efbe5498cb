import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { loadConfig } from '../../src/config/load.ts'
import { serve } from '../../src/index.ts'
import { openBrowser } from '../support/browser.ts'
import { ask } from '../support/client.ts'

const SITE = join(import.meta.dirname, '../../../examples/site')
const PAGES = ['/', '/light/', '/keepers.html', '/listen.html', '/visit.html', '/guestbook', '/downloads/', '/nowhere']
const PICTURE = join(SITE, 'public/images/fog-return-1934.png')

interface Opened {
  readonly page: Page
  readonly url: string
  /** What the browser complained of. */
  readonly complaints: string[]
}

async function opened(t: TestContext, options: BrowserContextOptions = {}): Promise<Opened | undefined> {
  const browser = await openBrowser(t, options)
  if (browser === undefined) return undefined
  const url = await serving(t)
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(`${message.text()} ${message.location().url}`))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => complaints.push(`${request.failure()?.errorText} ${request.url()}`))
  return { page, url, complaints }
}

/** The example site as `npm start` serves it, but for the port. */
async function serving(t: TestContext): Promise<string> {
  const made = spawnSync(process.execPath, [join(SITE, 'make-audio.mjs')], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stderr)
  const { config } = await loadConfig(join(SITE, 'oriel.config.ts'))
  const server = await serve({ ...config, listen: [{ port: 0 }], base: SITE })
  t.after(() => server.close())
  return server.url
}

/** A picture for people to look at, in the folder for temporary files. */
async function picture(page: Page, path: string, variant: string): Promise<void> {
  const name = path.replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'home'
  await page.screenshot({ path: join(tmpdir(), `oriel-site-${name}-${variant}.png`), fullPage: true })
}

test('all pages of the example site load without a complaint, and no link and no picture is broken', async (t) => {
  const all = await opened(t)
  if (all === undefined) return
  const { page, url, complaints } = all
  const links = new Map<string, string>()
  for (const path of PAGES) {
    const answer = await page.goto(url + path)
    assert.equal(answer?.status(), path === '/nowhere' ? 404 : 200, path)
    assert.notEqual(await page.title(), '', path)
    const broken = await page.evaluate(`Promise.all([...document.images].map(async (image) => {
      image.loading = 'eager'
      await image.decode().catch(() => undefined)
      return image.naturalWidth > 0 && image.hasAttribute('alt') ? '' : image.src
    })).then((all) => all.filter(Boolean))`)
    assert.deepEqual(broken, [], path)
    await picture(page, path, 'wide')
    const found = (await page.evaluate(
      `[...document.querySelectorAll('a[href], link[href], [src], [poster], [srcset]')].flatMap((one) =>
        [one.href, one.src, one.poster, ...(one.srcset ?? '').split(',').map((part) => part.trim().split(' ')[0])]
          .filter((link) => typeof link === 'string' && link !== '').map((link) => new URL(link, document.baseURI).href))`,
    )) as string[]
    for (const link of found) links.set(link, path)
    const targets = await page.evaluate(`[...document.querySelectorAll('a[href^="#"]')].filter((one) =>
      document.getElementById(one.getAttribute('href').slice(1)) === null).map((one) => one.href)`)
    assert.deepEqual(targets, [], path)
  }
  const own = [...links.keys()].filter((link) => link.startsWith(url) && new URL(link).pathname !== '/nowhere')
  assert.ok(own.length > 20, `${own.length} links`)
  for (const link of own) {
    const { pathname, search } = new URL(link)
    const { status } = await ask(url, pathname + search, { method: 'HEAD' })
    assert.ok(status === 200 || status === 308, `${link} on ${links.get(link)} is ${status}`)
  }
  const elsewhere = [...links.keys()].filter((link) => !link.startsWith(url) && !link.startsWith('mailto:'))
  assert.deepEqual(elsewhere, [], 'the site loads nothing from elsewhere')
  // A player that has read the beginning of a recording gives up the rest.
  const unexpected = complaints.filter((one) => !one.includes('/nowhere') && !/ERR_ABORTED .*\.wav$/.test(one))
  assert.deepEqual(unexpected, [])
})

test('the example site fits a phone, in the dark too', async (t) => {
  const phone = { viewport: { width: 360, height: 720 }, isMobile: true, hasTouch: true, colorScheme: 'dark' } as const
  const all = await opened(t, phone)
  if (all === undefined) return
  const { page, url } = all
  for (const path of PAGES) {
    await page.goto(url + path)
    await picture(page, path, 'phone')
    const overhang = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    assert.equal(overhang, 0, path)
  }
})

test('a visitor signs the guestbook with a picture, and is told what is wrong with a form', async (t) => {
  const all = await opened(t)
  if (all === undefined) return
  const { page, url, complaints } = all
  await page.goto(`${url}/guestbook`)
  const before = await page.locator('.entries > li').count()
  await page.getByLabel('Name').fill('Only a name')
  const refused = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Sign the book' }).click()
  assert.equal((await refused).status(), 422)
  await page.getByText('Please write a line or two.').waitFor()
  assert.equal(await page.getByLabel('Name').inputValue(), 'Only a name')
  await picture(page, '/guestbook', 'refused')

  await page.getByLabel('Name').fill('Ærna <b>')
  await page.getByLabel('Message').fill('First line\nsecond & last “line”')
  await page.getByLabel('Picture').setInputFiles(PICTURE)
  assert.ok(statSync(PICTURE).size > 50_000, 'a picture that comes in many pieces')
  await page.getByRole('button', { name: 'Sign the book' }).click()
  await page.getByRole('heading', { name: 'Ærna <b>' }).waitFor()
  assert.equal(page.url(), `${url}/guestbook`)
  assert.equal(await page.locator('.entries > li').count(), before + 1)
  const entry = page.locator('.entries > li').first()
  assert.match(await entry.innerText(), /First line\nsecond & last “line”/)
  const shown = await entry.locator('img').getAttribute('src')
  const got = await ask(url, shown ?? '')
  assert.deepEqual(got.body, readFileSync(PICTURE))
  assert.equal(got.headers['content-type'], 'image/png')
  await picture(page, '/guestbook', 'signed')

  await page.getByLabel('Name').fill('Mallory')
  await page.getByLabel('Message').fill('x')
  await page.getByLabel('Picture').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('<svg>') })
  await page.getByRole('button', { name: 'Sign the book' }).click()
  await page.getByText('That is not a PNG, JPEG, WebP or GIF picture.').waitFor()
  const unexpected = complaints.filter((one) => !/status of 422/.test(one))
  assert.deepEqual(unexpected, [])
})

test('the large download comes whole, in the browser and in parts, and the player jumps in it', async (t) => {
  const all = await opened(t)
  if (all === undefined) return
  const { page, url } = all
  const path = '/downloads/varrow-head-in-fog.wav'
  const file = readFileSync(join(SITE, 'public', path))
  await page.goto(`${url}/listen.html`)
  const parts = page.waitForResponse((response) => response.url().endsWith('.wav') && response.status() === 206)
  const jumped = await page.evaluate(`new Promise((done, failed) => {
    const audio = document.createElement('audio')
    audio.muted = true
    audio.onerror = () => failed(new Error('the player cannot read it'))
    audio.onloadedmetadata = () => { audio.currentTime = audio.duration * 0.9 }
    audio.onseeked = () => done(audio.currentTime / audio.duration)
    audio.src = ${JSON.stringify(path)}
    document.body.append(audio)
  })`)
  assert.ok(Math.abs(Number(jumped) - 0.9) < 0.01, String(jumped))
  assert.match((await parts).headers()['content-range'] ?? '', new RegExp(`^bytes \\d+-\\d+/${file.length}$`))

  const begun = page.waitForEvent('download')
  await page.evaluate(`(() => {
    const link = document.createElement('a')
    link.href = ${JSON.stringify(path)}
    link.download = ''
    document.body.append(link)
    link.click()
  })()`)
  const saved = await (await begun).path()
  assert.ok(existsSync(saved) && readFileSync(saved).equals(file))

  const { headers } = await ask(url, path, { method: 'HEAD' })
  const half = Math.floor(file.length / 2)
  const rest = await ask(url, path, { headers: { Range: `bytes=${half}-`, 'If-Range': String(headers.etag) } })
  assert.equal(rest.status, 206)
  assert.ok(rest.body.equals(file.subarray(half)))
})

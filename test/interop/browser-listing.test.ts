import assert from 'node:assert/strict'
import { utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { type Server, serve } from '../../src/index.ts'
import { openBrowser } from '../support/browser.ts'
import { makeFolder } from '../support/folder.ts'

const PHONE: BrowserContextOptions = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true }
const LONG = `a-very-long-name-without-any-place-to-break-${'x'.repeat(150)}.tar.gz`

const root = makeFolder({
  'photos/2024/a.jpg': 'x',
  'notes/b.txt': 'x',
  'small.txt': 'x',
  'large.bin': Buffer.alloc(3_500_000),
  'middle 10.html': 'x'.repeat(5000),
  'middle 9.html': 'x'.repeat(5001),
  'Grüße & <b>.txt': 'odd',
  [LONG]: 'x',
})
for (const [i, name] of ['small.txt', 'large.bin', 'middle 9.html', 'middle 10.html'].entries()) {
  const time = new Date(Date.UTC(2025, i, 1))
  utimesSync(join(root, name), time, time)
}

interface Opened {
  readonly page: Page
  readonly server: Server
  /** What the browser complained of. */
  readonly complaints: string[]
}

async function opened(t: TestContext, options: BrowserContextOptions = {}): Promise<Opened | undefined> {
  const browser = await openBrowser(t, options)
  if (browser === undefined) return undefined
  const server = await serve({ port: 0, routes: [{ match: '/*', files: { root, listing: true } }] })
  t.after(() => server.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  return { page, server, complaints }
}

/** A picture for people to look at, in the folder for temporary files. */
async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(tmpdir(), `oriel-${name}.png`), fullPage: true })
}

async function names(page: Page): Promise<string[]> {
  const found = await page.locator('tbody tr td:first-child a').allTextContents()
  return found.filter((name) => name !== '../')
}

/** By how many pixels the page is wider than its window. */
function overhang(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

test('a browser sorts a listing by its column heads and walks its folders, without a complaint', async (t) => {
  const all = await opened(t)
  if (all === undefined) return
  const { page, server, complaints } = all
  await page.goto(server.url)
  await picture(page, 'listing')
  assert.equal(await page.title(), 'Index of /')
  const byName = [
    'notes/',
    'photos/',
    LONG,
    'Grüße & <b>.txt',
    'large.bin',
    'middle 9.html',
    'middle 10.html',
    'small.txt',
  ]
  assert.deepEqual(await names(page), byName)
  const byDate = ['small.txt', 'large.bin', 'middle 9.html', 'middle 10.html']
  await page.getByRole('link', { name: 'Modified' }).click()
  assert.deepEqual((await names(page)).slice(-4), byDate)
  assert.equal(await page.getByRole('columnheader', { name: 'Modified' }).getAttribute('aria-sort'), 'ascending')
  await page.getByRole('link', { name: 'Size' }).click()
  assert.deepEqual((await names(page)).slice(-3), ['middle 10.html', 'middle 9.html', 'large.bin'])
  await page.getByRole('link', { name: 'Size' }).click()
  assert.equal((await names(page))[2], 'large.bin')
  await page.goBack()
  assert.equal((await names(page)).at(-1), 'large.bin')

  await page.getByRole('link', { name: 'photos/' }).click()
  await page.getByRole('link', { name: '2024/' }).click()
  await page.waitForURL('**/photos/2024/')
  assert.deepEqual(await names(page), ['a.jpg'])
  await picture(page, 'listing-inner')
  await page.getByRole('link', { name: 'The folder above' }).click()
  await page.waitForURL('**/photos/')
  await page.getByRole('heading').getByRole('link').first().click()
  await page.waitForURL(`${server.url}/`)
  const answer = await Promise.all([
    page.waitForResponse((response) => response.url().includes('Gr')),
    page.getByRole('link', { name: 'Grüße & <b>.txt' }).click(),
  ])
  assert.equal(answer[0].status(), 200)
  assert.deepEqual(complaints, [])
})

test('a listing fits a phone: nothing to scroll sideways, and links that a finger hits', async (t) => {
  const all = await opened(t, PHONE)
  if (all === undefined) return
  const { page, server, complaints } = all
  await page.goto(server.url)
  await picture(page, 'listing-phone')
  assert.equal(await overhang(page), 0)
  const links = page.locator('table a')
  for (let i = 0; i < (await links.count()); i++) {
    const box = await links.nth(i).boundingBox()
    assert.ok(box !== null && box.height >= 40, `${await links.nth(i).textContent()} is ${box?.height} high`)
    assert.ok(box.x >= 0 && box.x + box.width <= 320)
  }
  assert.deepEqual(complaints, [])
})

test('a listing is dark where the system is, and readable in both', async (t) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const all = await opened(t, { colorScheme })
    if (all === undefined) return
    await all.page.goto(all.server.url)
    await picture(all.page, `listing-${colorScheme}`)
    for (const selector of ['h1', 'td a', 'td:nth-child(2)', 'th a', 'main > p']) {
      const ratio = await contrast(all.page, selector)
      assert.ok(ratio >= 4.5, `${selector} in ${colorScheme} has a contrast of ${ratio.toFixed(1)}`)
    }
    const dark = (await luminances(all.page, 'h1'))[1] < 0.2
    assert.equal(dark, colorScheme === 'dark')
    await all.page.close()
  }
})

/** WCAG 2.2 §1.4.3, of text on the page. */
async function contrast(page: Page, selector: string): Promise<number> {
  const [a, b] = await luminances(page, selector)
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

/** The luminance of a text and of the page behind it, as the browser draws them. */
async function luminances(page: Page, selector: string): Promise<[text: number, behind: number]> {
  const call = `(${DRAWN})([...document.querySelectorAll(${JSON.stringify(selector)})].at(-1))`
  const [text, behind] = (await page.evaluate(call)) as [number[], number[]]
  return [luminance(text), luminance(behind)]
}

/** In the page: draws both colours on a canvas, for they come in many notations, and system colours among them. */
const DRAWN = `(element) => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const drawn = (...colors) => {
    for (const color of colors) { context.fillStyle = color; context.fillRect(0, 0, 1, 1) }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const probe = document.body.appendChild(document.createElement('i'))
  probe.style.color = 'Canvas'
  const canvas = getComputedStyle(probe).color
  probe.remove()
  return [drawn(canvas, getComputedStyle(element).color), drawn(canvas)]
}`

function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((channel) => {
    const c = channel / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { publish, type Request, Resource, Response, serve } from '../../src/index.ts'
import { openBrowser } from '../support/browser.ts'
import { makeFolder } from '../support/folder.ts'

const EVIL = `<img src=x onerror="document.title='ran'"><script>document.title='ran'</script>"'></script>`
const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><script>parent.document.title="ran"</script></svg>'

/** Answers with what it was sent. */
class Echo extends Resource {
  override GET({ path, query, headers }: Request): Response {
    return Response.json({ path, full: query.get('full'), note: headers.get('x-note'), EVIL })
  }
  override async POST(request: Request): Promise<Response> {
    return new Response(await request.text(), {
      status: 201,
      headers: { 'Content-Type': 'text/html', 'X-Made': EVIL.slice(0, 20) },
    })
  }
  info() {
    return {
      description: 'Says what it was sent.\nNothing is kept.',
      methods: { GET: 'As JSON.', POST: 'The content.' },
      produces: ['application/json'],
      examples: [
        { description: 'All of it', path: '/7?full=1', headers: { 'X-Note': 'a' } },
        { description: 'With content', method: 'POST', body: EVIL },
      ],
    }
  }
}

/** Says of itself what nobody should. */
class Evil extends Resource {
  override GET(): Response {
    return new Response(PICTURE, { headers: { 'Content-Type': 'image/svg+xml' } })
  }
  info() {
    return {
      description: EVIL,
      methods: { GET: EVIL },
      accepts: [EVIL],
      examples: [
        { description: EVIL, path: '/"><img>', headers: { A: EVIL }, body: EVIL },
        { description: EVIL, body: EVIL },
      ],
    }
  }
}

async function site(t: TestContext, more: number = 0): Promise<string> {
  const many = Object.fromEntries(Array.from({ length: more }, (_, i) => [`many-${i}`, new Evil()]))
  const paul = await publish(
    'paul',
    { echo: new Echo(), evil: new Evil(), ...many },
    { listen: `unix:${join(makeFolder(), 's')}` },
  )
  t.after(() => paul.close())
  const server = await serve({
    port: 0,
    objects: { paul: paul.handle, gone: `fastcgi:unix:${join(makeFolder(), 'gone')}`, both: ['paul', 'gone'] },
    routes: [
      { match: '/notes/:id', resource: new Echo() },
      { match: '/*', files: makeFolder(), access: { allow: { addresses: ['loopback'] } } },
    ],
  })
  t.after(() => server.close())
  return server.url
}

/** The page, and what the browser complains of. */
async function opened(t: TestContext, options: BrowserContextOptions, more: number = 0) {
  const browser = await openBrowser(t, options)
  if (browser === undefined) return undefined
  const page = await browser.newPage()
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => asked.push(request.url()))
  const url = await site(t, more)
  await page.goto(`${url}/info@root`)
  return { page, url, complaints, asked }
}

function shot(page: Page, name: string, fullPage = true): Promise<unknown> {
  return page.screenshot({ path: join(tmpdir(), `oriel-info-${name}.png`), fullPage })
}

const LOOKS: readonly [name: string, options: BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { colorScheme: 'light', viewport: { width: 320, height: 640 } }],
]

for (const [look, options] of LOOKS) {
  test(`the page of info@root, ${look}, runs nothing of what objects say, and is not wider than its window`, async (t) => {
    const made = await opened(t, options)
    if (made === undefined) return
    const { page, url, complaints, asked } = made
    await shot(page, look)
    for (const summary of await page.locator('main summary').all()) await summary.click()
    await shot(page, `${look}-open`)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0)
    assert.equal(await page.title(), `info@root · ${new URL(url).host}`)
    assert.equal(await page.locator('main img, main script').count(), 0)
    assert.deepEqual(complaints, [])
    assert.ok(
      asked.every((one) => one.startsWith(url) || one === 'data:,'),
      asked.join(),
    )
    const unnamed = await page.evaluate(
      "[...document.querySelectorAll('input:not([aria-label]), select, textarea')].filter((one) => one.labels.length === 0).length",
    )
    assert.equal(unnamed, 0)
  })
}

test('an object is tried by its examples, and by what is written into the form', async (t) => {
  const made = await opened(t, {})
  if (made === undefined) return
  const { page, complaints } = made
  const echo = page.locator('[id="echo@paul"]')
  // By the keyboard alone.
  await echo.locator('summary').first().focus()
  await page.keyboard.press('Enter')
  await echo.locator('button.example').first().focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await echo.locator('.answer > pre').waitFor()
  assert.match((await echo.locator('.status').textContent()) ?? '', /^200 OK\d+(?:\.\d)? ms\d+ bytes$/)
  const told = JSON.parse((await echo.locator('.answer > pre').textContent()) ?? '')
  assert.deepEqual(told, { path: '/echo@paul/7', full: '1', note: 'a', EVIL })
  await echo.locator('button.example').nth(1).click()
  assert.equal(await echo.locator('textarea[name=body]').inputValue(), EVIL)
  await echo.locator('button.send').click()
  await echo.getByText('201 Created').waitFor()
  assert.equal(await echo.locator('.answer > pre').textContent(), EVIL)
  assert.equal(await page.locator('main img, main script').count(), 0)
  for (const [path, said] of [
    ['//evil.example/', 'The path begins with one slash'],
    ['http://evil.example/', 'The path begins with one slash'],
    ['/echo@paul', '200 OK'],
  ] as const) {
    await echo.locator('select').selectOption('GET')
    await echo.locator('input[name=path]').fill(path)
    await echo.locator('button.send').click()
    await echo.locator('.status').getByText(said).waitFor()
  }
  await echo.locator('textarea[name=headers]').fill('no header')
  await echo.locator('button.send').click()
  await echo.locator('.status').getByText('A header is a name').waitFor()
  assert.deepEqual(complaints, [])
})

test('a picture is shown as one, and runs nothing', async (t) => {
  const made = await opened(t, {})
  if (made === undefined) return
  const { page, url } = made
  await page.goto(`${url}/info@paul#evil@paul`)
  const evil = page.locator('[id="evil@paul"]')
  await evil.locator('button.send').click()
  await evil.locator('.answer img').waitFor()
  assert.equal(await page.evaluate("document.querySelector('.answer img').naturalWidth"), 40)
  assert.equal(await page.title(), `info@paul · ${new URL(url).host}`)
})

test('among two hundred objects one is found', async (t) => {
  const made = await opened(t, {}, 200)
  if (made === undefined) return
  const { page, complaints } = made
  await shot(page, 'many', false)
  await page.keyboard.press('/')
  await page.keyboard.type('paul many-17')
  await page.locator('#found').getByText('11 of 406').waitFor()
  assert.equal(await page.locator('main li:visible').count(), 11)
  await page.locator('#find').fill('')
  await page.locator('#found').getByText(/^$/).waitFor({ state: 'attached' })
  assert.equal(await page.locator('main li[hidden]').count(), 0)
  assert.deepEqual(complaints, [])
})

test('a page of another origin does not get to it', async (t) => {
  const made = await opened(t, {})
  if (made === undefined) return
  const { page, url } = made
  const other = await serve({
    port: 0,
    routes: [{ match: '/', respond: { headers: { 'Content-Type': 'text/html' }, body: 'x' } }],
  })
  t.after(() => other.close())
  await page.goto(other.url.replace('127.0.0.1', 'localhost'))
  const got = await page.evaluate(async (to) => {
    const read = (init: RequestInit) =>
      fetch(to, init).then(
        (answer) => `${answer.type} ${answer.status}`,
        () => 'refused',
      )
    return [await read({}), await read({ mode: 'no-cors' })]
  }, `${url}/info@root`)
  assert.equal(got[0], 'refused')
  assert.ok(got[1] === 'opaque 0' || got[1] === 'refused', got[1])
})

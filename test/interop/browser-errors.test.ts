import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BrowserContextOptions } from 'playwright-core'
import { serve } from '../../src/index.ts'
import { openBrowser } from '../support/browser.ts'
import { makeFolder } from '../support/folder.ts'

const EVIL = `<img src=x onerror="document.title='ran'"><script>document.title='ran'</script>`
const LONG = 'x'.repeat(300)

const base = makeFolder({
  'package.json': '{}',
  'broken.ts': `interface Note { text: string }

export function GET(): never {
  const note: Note = { text: ${JSON.stringify(EVIL)} }
  // ${LONG}
  throw new TypeError(note.text, { cause: new Error('${LONG}') })
}
`,
})

const LOOKS: readonly [name: string, options: BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { colorScheme: 'light', viewport: { width: 320, height: 640 } }],
]

for (const development of [false, true]) {
  for (const [look, options] of LOOKS) {
    const what = development ? 'the development page' : 'the default page'
    test(`${what}, ${look}, runs nothing, is not wider than its window and is without a complaint`, async (t) => {
      const browser = await openBrowser(t, options)
      if (browser === undefined) return
      const routes = [
        { match: '/favicon.ico', respond: { status: 204 } },
        { match: '/*', module: './broken.ts' },
      ]
      const server = await serve({ port: 0, base, development, routes })
      t.after(() => server.close())
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      const answer = await page.goto(`${server.url}/${LONG}?q=${EVIL}`)
      await page.screenshot({ path: join(tmpdir(), `oriel-error-${development}-${look}.png`), fullPage: true })
      assert.equal(answer?.status(), 500)
      assert.equal(await page.title(), '500 Internal Server Error')
      const overhang = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      assert.equal(await page.evaluate(overhang), 0)
      // That the page itself is a 500 the browser tells always.
      assert.deepEqual(
        complaints.filter(
          (text) => !text.startsWith('Failed to load resource: the server responded with a status of 500'),
        ),
        [],
      )
      if (!development) return
      assert.equal(await page.locator('h1 span').textContent(), EVIL)
      assert.match((await page.locator('mark').first().textContent()) ?? '', /^6\s+throw new TypeError/)
      assert.equal(await page.locator('img, script').count(), 0)
    })
  }
}

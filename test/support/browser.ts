import { rmSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core'
import { makeFolder } from './folder.ts'
import { needPeer } from './peers.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser with a profile of its own, closed after the test; undefined where there is none, the test then skipped. */
export async function openBrowser(
  t: TestContext,
  options: BrowserContextOptions = {},
): Promise<BrowserContext | undefined> {
  const executablePath = needPeer(t, 'chromium')
  if (executablePath === undefined) return undefined
  const profile = makeFolder()
  const browser = await chromium.launchPersistentContext(profile, { ...options, executablePath, args: FLAGS })
  t.after(async () => {
    await browser.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  return browser
}

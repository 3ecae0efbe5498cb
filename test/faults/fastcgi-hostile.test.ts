import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../../src/server/serve.ts'
import { BROKEN, hostileApplication, ODD } from '../support/hostile-application.ts'
import { SEED, seeded, TIMES } from '../support/property.ts'

/** What came of a request: its status and content, or that it broke off. */
async function asked(url: string, method: string): Promise<[status: number, content: string]> {
  try {
    const response = await fetch(url, { method, ...(method === 'POST' && { body: 'x'.repeat(70_000) }) })
    return [response.status, await response.text()]
  } catch {
    return [0, '']
  }
}

const SAYS = {
  'takes one request a connection': ['FCGI_MPXS_CONNS', '0'],
  multiplexes: ['FCGI_MPXS_CONNS', '1'],
  'multiplexes by windows': ['FCGI_MPXS_CONNS', '1', 'ORIEL_WINDOW', '65536'],
  'lies of itself': ['FCGI_MAX_CONNS', '0', 'FCGI_MAX_REQS', '-1', 'ORIEL_WINDOW', '1e99'],
}

for (const [what, says] of Object.entries(SAYS)) {
  test(`nobody gets what is another’s, or half of it, from an application that ${what}`, {
    timeout: 60_000,
  }, async (t) => {
    const random = seeded(SEED)
    const application = await hostileApplication(says)
    t.after(() => application.stop())
    const timeouts = { firstByte: 500, idle: 500, total: 2000 }
    const server = await serve({
      port: 0,
      routes: [
        {
          match: '/*',
          fastcgi: { address: `127.0.0.1:${application.port}`, connections: 4, keepAlive: true, timeouts },
        },
      ],
    })
    t.after(() => server.close())
    const names = [...Object.keys(ODD), ...Object.keys(ODD), ...Object.keys(BROKEN)]
    let left = Math.ceil(300 * TIMES)
    let whole = 0
    const client = async (): Promise<void> => {
      while (left > 0) {
        const name = names[Math.floor(random() * names.length)] ?? ''
        const token = `${name}-${left--}`
        const [status, content] = await asked(new URL(`/${token}`, server.url).href, random() < 0.1 ? 'POST' : 'GET')
        assert.doesNotMatch(content, /NOBODY/, token)
        for (const [, other] of content.matchAll(/\[([a-z]+-\d+)\]/g)) assert.equal(other, token)
        if (status !== 200) continue
        assert.ok(name in ODD, `${token} looks whole`)
        assert.equal(content, `[${token}]`)
        whole++
      }
    }
    await Promise.all(Array.from({ length: 16 }, client))
    assert.ok(whole > 0)
    const last = async (): Promise<string> => (await asked(new URL('/plain-0', server.url).href, 'GET'))[1]
    // The very next one may meet a connection that the last answer has spoiled.
    const next = [await last(), await last()]
    assert.ok(next.includes('[plain-0]'), 'the next requests are answered')
  })
}

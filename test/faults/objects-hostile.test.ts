import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fastCgiUpstream, openConnections } from '../../src/gateway/fastcgi/backends.ts'
import type { Connection } from '../../src/message/connection.ts'
import type { Request } from '../../src/message/request.ts'
import { WireServer } from '../../src/object/wire-server.ts'
import { serve } from '../../src/server/serve.ts'
import { BROKEN, hostileApplication, ODD } from '../support/hostile-application.ts'
import { SEED, seeded, TIMES } from '../support/property.ts'

const SAYS = ['FCGI_MPXS_CONNS', '1', 'ORIEL_WINDOW', '65536', 'ORIEL_OBJECTS', '1']

/** What came of a request: its status and content, or that it broke off. */
async function asked(url: string): Promise<[status: number, content: string]> {
  try {
    const response = await fetch(url)
    return [response.status, await response.text()]
  } catch {
    return [0, '']
  }
}

for (const [what, start] of [
  ['as our own ends do', 'Status: 200 OK\r\n'],
  ['as CGI programs do', ''],
] as const) {
  test(`nobody gets what is another’s, or half of it, from an object server that answers ${what}`, {
    timeout: 60_000,
  }, async (t) => {
    const random = seeded(SEED)
    const application = await hostileApplication(SAYS, start)
    t.after(() => application.stop())
    const upstream = fastCgiUpstream({ address: `127.0.0.1:${application.port}`, objects: true })
    t.after(() => upstream.close())
    const timeouts = { firstByte: 500, idle: 500, total: 2000 }
    const objects = new WireServer({ handle: 'fastcgi:hostile', upstream, timeouts })
    const resource = (request: Request, connection: Connection) => objects.call('any', request, connection)
    const server = await serve({ port: 0, routes: [{ match: '/*', resource }] })
    t.after(() => server.close())
    const names = [...Object.keys(ODD), ...Object.keys(ODD), ...Object.keys(BROKEN)]
    let left = Math.ceil(300 * TIMES)
    let whole = 0
    const client = async (): Promise<void> => {
      while (left > 0) {
        const name = names[Math.floor(random() * names.length)] ?? ''
        const token = `${name}-${left--}`
        const [status, content] = await asked(new URL(`/${token}`, server.url).href)
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
    const last = async (): Promise<string> => (await asked(new URL('/plain-0', server.url).href))[1]
    const next = [await last(), await last()]
    assert.ok(next.includes('[plain-0]'), 'the next requests are answered')
    assert.ok(openConnections() <= 2, `${openConnections()} connections are left`)
  })
}

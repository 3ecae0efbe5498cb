import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { serve } from '../../src/index.ts'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { RawClient } from '../support/raw-client.ts'

/** Requests whose lines must not confuse who counts them. */
const ODD: readonly string[] = [
  'GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: a "quoted" \\ agent\r\nReferer: http://r/"x\r\n',
  'GET /%22%0d%0a?a="b\\ HTTP/1.1\r\nHost: h\r\nUser-Agent: \xff\xc3\xa9\t.\r\n',
  'PROPFIND /a HTTP/1.1\r\nHost: h\r\nUser-Agent: -\r\nReferer: -\r\n',
  'GET http://other/abs HTTP/1.1\r\nHost: h\r\nUser-Agent:\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: h\r\n',
  "A!#$%&'*+.^_`|~b /x HTTP/1.0\r\n",
  'GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: 1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /forged HTTP/1.1" 200 5 "-" "-"\r\n',
  'nonsense\r\n',
  'GET / HTTP/9.9\r\nHost: h\r\n',
]

for (const format of ['common', 'combined'] as const) {
  test(`goaccess reads every line of ${format}, and one for each request`, {
    timeout: 60_000,
  }, async (t: TestContext) => {
    const goaccess = needPeer(t, 'goaccess')
    if (goaccess === undefined) return
    const folder = makeFolder()
    const file = join(folder, 'access.log')
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      routes: [{ match: '/*', respond: 'x' }],
      log: [{ format, to: { file } }],
    })
    const { hostname, port } = new URL(server.url)
    for (const request of ODD) {
      const client = await RawClient.open({ host: hostname, port: Number(port) })
      client.socket.write(`${request}Connection: close\r\n\r\n`, 'latin1')
      await client.closed()
      client.socket.destroy()
    }
    await server.close()
    assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, ODD.length)
    const report = join(folder, 'report.json')
    const options = ['--no-global-config', `--log-format=${format.toUpperCase()}`, '-o', report]
    const { status, stderr } = spawnSync(goaccess, [file, ...options], { encoding: 'utf8', timeout: 30_000 })
    assert.equal(status, 0, stderr)
    const { general, requests } = JSON.parse(readFileSync(report, 'utf8'))
    assert.deepEqual([general.total_requests, general.valid_requests, general.failed_requests], [9, 9, 0])
    assert.ok(!requests.data.some(({ data }: { data: string }) => data.includes('forged')))
  })
}

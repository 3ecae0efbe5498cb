import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fill } from '../support/folder.ts'
import { Production, said } from '../support/production.ts'

const posix = { timeout: 120_000, skip: process.platform === 'win32' }
const RELOADS = 100
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

for (const workers of [1, 2]) {
  test(
    `${RELOADS} reloads under load: each request is answered, by a site at least as new as when it was sent, with ${workers} worker(s)`,
    posix,
    async (t) => {
      const site = new Production(
        t,
        `workers: ${workers}, listen: [{ port: 0 }], routes: [{ match: '/*', module: './m.mjs' }],`,
        { 'm.mjs': 'export const GET = () => new Response("0")' },
      )
      const oriel = site.serve()
      const url = await oriel.url()
      let [newest, over] = [0, false]
      const counts = { kept: 0, fresh: 0 }
      const checked = (kind: keyof typeof counts, body: string, made: number): void => {
        assert.ok(Number(body) >= made, `${body} where ${made} was made`)
        counts[kind]++
      }
      const keeping = async (): Promise<void> => {
        const client = await site.client(url)
        while (!over) {
          const made = newest
          client.send(GET)
          const { status, body } = await client.answer()
          assert.equal(status, 200)
          checked('kept', body, made)
        }
      }
      const opening = async (): Promise<void> => {
        while (!over) {
          const made = newest
          checked('fresh', await said(url), made)
        }
      }
      const asking = Promise.all([keeping(), keeping(), opening(), opening()])
      asking.catch(() => undefined)
      for (let n = 1; n <= RELOADS; n++) {
        fill(site.folder, { 'm.mjs': `export const GET = () => new Response("${n}")` })
        oriel.stdout = ''
        oriel.signal('SIGHUP')
        await Promise.race([oriel.printed(/^Reloaded /m), asking])
        newest = n
      }
      over = true
      await asking
      t.diagnostic(`${counts.kept} requests on kept connections, ${counts.fresh} on fresh ones`)
      assert.ok(counts.kept > RELOADS && counts.fresh > RELOADS / 4)
      oriel.signal('SIGTERM')
      const { code, stderr } = await oriel.ended
      assert.deepEqual([code, stderr], [0, ''])
    },
  )
}

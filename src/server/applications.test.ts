import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gone, specOf } from '../../test/support/supervised.ts'
import { applicationLoads } from '../gateway/applications.ts'
import { Response } from '../message/response.ts'
import { OwnApplications } from './applications.ts'
import { serve } from './serve.ts'

const SOON = { timeout: 60_000 }

/** Answers with the number of its process. */
const CODE = "require('http').createServer((_, r) => r.end(String(process.pid))).listen(process.env.SOCKET)"

test('an application that a reload no longer names ends at once where nobody waits for it', SOON, async (t) => {
  const listen = [{ port: 0 }]
  const app = { command: [process.execPath, '-e', CODE], timeouts: { stop: 2 ** 31 - 1 } }
  const server = await serve({ listen, routes: [{ match: '/*', app }] })
  t.after(() => server.close())
  const answer = await fetch(server.url)
  const pid = Number(await answer.text())
  await server.reload({ listen, routes: [{ match: '/*', resource: () => new Response('other') }] })
  await gone(pid)
  assert.deepEqual(
    applicationLoads().flatMap(({ processes }) => processes),
    [],
  )
})

test('applications are not started for whoever has closed them meanwhile', SOON, async () => {
  const own = new OwnApplications({ report: () => undefined, changed: () => undefined })
  const preparing = own.prepare([specOf('a', [process.execPath, '-e', CODE])])
  await own.close()
  await assert.rejects(preparing, /the server is stopping/)
})

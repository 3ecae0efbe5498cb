import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask } from './client.ts'
import { patterned } from './folder.ts'
import { sharedFolder, whenThere } from './peer-process.ts'

const LIMIT = { timeout: 60_000 }
const PIECES = 4 * 65536

/** A web server before our application, which it finds at `/app`. */
export interface Front {
  /** Which answers that break off look broken to the client of this web server. */
  readonly breaks: 'always' | 'with a length'
  /** When it tells an application that the client has gone. */
  readonly tells: 'at once' | 'when it writes'
  /** Whether it refuses a content in chunks. */
  readonly wantsLengths?: boolean
  /** How many requests it may get at once. */
  readonly atOnce: number
  /** Starts the application and the server. @returns Its address; undefined where the test is skipped. */
  start(t: TestContext, folder: string): Promise<string | undefined>
}

interface Served {
  readonly url: string
  /** A folder that both the application and the test can write to. */
  readonly folder: string
}

interface Case {
  readonly what: string
  /** Which web servers it holds with; all where it is left out. */
  readonly only?: (front: Front) => boolean
  readonly holds: (served: Served, front: Front) => Promise<void>
}

const CASES: readonly Case[] = [
  {
    what: 'a query, cookies and the path behind the mount',
    holds: async ({ url }) => {
      const got = await ask(url, '/app/echo/a%20b/c?x=1&y=%26', { headers: { cookie: 'a=1; b=2' } })
      assert.equal(got.status, 200)
      assert.deepEqual(JSON.parse(String(got.body)), {
        method: 'GET',
        path: '/app/echo/a%20b/c',
        mount: '/app',
        rest: '/echo/a%20b/c',
        query: 'x=1&y=%26',
        cookie: 'a=1; b=2',
      })
    },
  },
  {
    what: 'HEAD',
    holds: async ({ url }) => {
      const got = await ask(url, '/app/echo', { method: 'HEAD' })
      assert.equal(got.status, 200)
      assert.equal(got.headers['content-type'], 'application/json')
      assert.equal(got.body.length, 0)
    },
  },
  { what: 'a POST of 1 MB', holds: ({ url }) => posted(url, {}) },
  {
    what: 'a POST of 1 MB in chunks',
    only: ({ wantsLengths }) => wantsLengths !== true,
    holds: ({ url }) => posted(url, { 'transfer-encoding': 'chunked' }),
  },
  {
    what: 'several cookies in an answer',
    holds: async ({ url }) => {
      const { headers } = await ask(url, '/app/cookies')
      assert.deepEqual(headers['set-cookie'], ['a=1; Path=/', 'b=2; Expires=Thu, 01 Jan 2037 00:00:00 GMT'])
    },
  },
  {
    what: 'a status that is no success, with its content',
    holds: async ({ url }) => {
      const got = await ask(url, '/app/missing')
      assert.deepEqual([got.status, String(got.body)], [404, 'nothing here'])
    },
  },
  {
    what: 'an answer that is sent while it is made',
    holds: async ({ url, folder }) => {
      // What waits for the gate goes on when the client has its first bytes, and not before.
      const gate = join(folder, 'gate')
      const got = await ask(url, `/app/stream?gate=${gate}`, { onData: () => writeFileSync(gate, '') })
      assert.deepEqual([got.status, got.body.length, got.complete], [200, PIECES + 3, true])
    },
  },
  {
    what: 'an answer that breaks off does not look whole',
    only: ({ breaks }) => breaks === 'always',
    holds: ({ url }) => broken(url, '/app/broken'),
  },
  {
    what: 'an answer with a length that breaks off does not look whole',
    holds: ({ url }) => broken(url, '/app/broken?length=1000000'),
  },
  { what: 'a client that goes while it reads is told the application', holds: (served) => left(served, 'endless') },
  {
    what: 'a client that goes while it waits is told the application',
    only: ({ tells }) => tells === 'at once',
    holds: (served) => left(served, 'silent'),
  },
  {
    what: 'after all this, many at once',
    holds: async ({ url }, { atOnce }) => {
      await Promise.all(
        Array.from({ length: atOnce }, async (_, i) => {
          const { status, body } = await ask(url, `/app/echo/${i}`)
          assert.equal(status, 200)
          assert.equal(JSON.parse(String(body)).rest, `/echo/${i}`)
        }),
      )
    },
  },
]

async function posted(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const body = patterned(1_000_000)
  const got = await ask(url, '/app/digest', { method: 'POST', body, headers })
  assert.equal(String(got.body), `${body.length} ${createHash('sha256').update(body).digest('hex')}`)
}

async function broken(url: string, path: string): Promise<void> {
  const { status, complete } = await ask(url, path)
  assert.deepEqual([status, complete], [200, false])
}

/** Leaves a page, and waits until the application says that it knows. */
async function left({ url, folder }: Served, page: 'endless' | 'silent'): Promise<void> {
  const tell = join(folder, page)
  const { hostname, port } = new URL(url)
  const sent = request({ host: hostname, port, path: `/app/${page}?tell=${tell}` })
  sent.on('error', () => {})
  const read = new Promise((resolve) => sent.once('response', (got) => got.on('error', () => {}).once('data', resolve)))
  sent.end()
  await whenThere(`${tell}.begun`)
  if (page === 'endless') await read
  sent.destroy()
  await whenThere(`${tell}.aborted`)
}

/** Tests our application behind web servers. @param what Which one. */
export function testBehind(what: string, fronts: Readonly<Record<string, Front>>): void {
  for (const [name, front] of Object.entries(fronts)) {
    test(`${what} answers behind ${name}`, LIMIT, async (t) => {
      const folder = sharedFolder()
      const url = await front.start(t, folder)
      if (url === undefined) return
      for (const { what, only, holds } of CASES) {
        if (only?.(front) !== false) await t.test(what, { timeout: 20_000 }, () => holds({ url, folder }, front))
      }
    })
  }
}

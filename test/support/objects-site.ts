import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ServeOptions } from '../../src/config/config.ts'
import { type Publication, type PublishOptions, publish } from '../../src/door/publish/publish.ts'
import type { Published } from '../../src/object/folded.ts'
import { type Server, serve } from '../../src/server/serve.ts'
import { makeFolder } from './folder.ts'
import { Reports } from './reports.ts'

/** Objects on a socket of their own, out of the sight of the site, until the test ends. */
export async function publishing(
  t: TestContext,
  objects: Published,
  options: PublishOptions = {},
): Promise<Publication> {
  const publication = await publish('paul', objects, { listen: `unix:${join(makeFolder(), 'paul.sock')}`, ...options })
  t.after(() => publication.close())
  return publication
}

export interface ServedObjects {
  readonly server: Server
  readonly url: string
  readonly reports: Reports
}

/** A server of this process on a free port, until the test ends. */
export async function servingObjects(t: TestContext, options: ServeOptions): Promise<ServedObjects> {
  const reports = new Reports()
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    report: reports.report,
    timeouts: { stop: 5000 },
    ...options,
  })
  t.after(() => server.close())
  return { server, url: server.url, reports }
}

import { Engine, type EngineOptions } from '../../src/door/engine.ts'
import type { ListenAddress } from '../../src/io/bound.ts'
import type { ClientCertificates } from '../../src/io/certificate.ts'
import type { Level } from '../../src/message/exchange.ts'
import type { Handler } from '../../src/message/interface.ts'
import { foldObjects } from '../../src/object/folded.ts'
import { LocalServer } from '../../src/object/local-server.ts'
import type { ObjectServer } from '../../src/object/server.ts'
import type { Route } from '../../src/site/route.ts'
import { Site } from '../../src/site/site.ts'
import { OBJECTS } from './objects-for-tests.ts'
import { type PublishingProgram, runPublishing, type Until, wireServer } from './published.ts'

export interface Told {
  readonly level: Level
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Two sites with the same objects: in this process, and in another one. */
export interface Both {
  readonly program: PublishingProgram
  readonly server: ObjectServer
  readonly inside: string
  readonly outside: string
  /** What the site of the published ones wrote to its error log. */
  readonly reports: readonly Told[]
}

export interface BothOptions extends EngineOptions {
  readonly listen?: ListenAddress
  readonly clients?: ClientCertificates
  /** More routes before those of the objects, `/NAME` and what is below. */
  readonly routes?: (object: (name: string) => Handler) => readonly Route[]
}

/** Serves both; stopped afterwards. */
export async function bothSites(t: Until, { listen = {}, routes, ...options }: BothOptions = {}): Promise<Both> {
  const program = runPublishing(t, 'published-objects')
  const server = wireServer(await program.handle())
  const reports: Told[] = []
  const serve = async (server: ObjectServer, told: Told[]): Promise<string> => {
    const object = (name: string): Handler => {
      return (request, connection) => server.call(name, request, connection)
    }
    const site = new Site({
      routes: [
        ...(routes?.(object) ?? []),
        ...Object.keys(OBJECTS).map((name) => ({ match: `/${name}/*`, resource: object(name) })),
        { match: '/counter@tests', resource: () => object('counter') as never },
      ],
      limits: { body: 1024 ** 3 },
      report: (level, event, fields = {}) => void told.push({ level, event, fields }),
    })
    const engine = new Engine(site, options)
    const { url } = await engine.listen({ port: 0, ...listen })
    t.after(() => engine.close())
    return url
  }
  const inside = await serve(new LocalServer('module:tests', foldObjects(OBJECTS)), [])
  const outside = await serve(server, reports)
  return { program, server, inside, outside, reports }
}

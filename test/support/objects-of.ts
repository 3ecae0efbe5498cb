import type { Handler } from '../../src/message/interface.ts'
import type { Published } from '../../src/object/folded.ts'
import type { ObjectServer } from '../../src/object/server.ts'
import type { SiteOptions } from '../../src/site/site.ts'

export interface Divided {
  /** The resources of a site, by names. */
  readonly objects: Published
  /** The same site with these objects in their places. */
  readonly options: (server: ObjectServer) => SiteOptions
}

/** Divides a site: its resources are published, and its guards, limits, redirects and files stay. */
export function objectsOf(options: SiteOptions): Divided {
  const objects: Record<string, unknown> = {}
  for (const [i, { resource }] of options.routes.entries()) if (resource !== undefined) objects[`r${i}`] = resource
  const called = (server: ObjectServer, name: string): Handler => {
    return (request, connection) => server.call(name, request, connection)
  }
  return {
    objects,
    options: (server) => ({
      ...options,
      routes: options.routes.map((route, i) =>
        route.resource === undefined ? route : { ...route, resource: called(server, `r${i}`) },
      ),
    }),
  }
}

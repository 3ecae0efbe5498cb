import { handlerOf } from '../../message/dispatch.ts'
import type { Report } from '../../message/exchange.ts'
import type { Handler, Logger } from '../../message/interface.ts'
import { Site } from '../../site/site.ts'
import { carriedBy } from './call.ts'

/** What holds for a resource that stands alone; a Site has its own. */
export interface SiteDefaults {
  readonly log?: readonly Logger[] | undefined
  readonly report?: Report | undefined
  readonly limits?: { readonly body?: number } | undefined
}

/** What answers requests: a Site, or something of one. */
export type Answering = Pick<Site, 'report' | 'logging' | 'handle' | 'failed' | 'finished'>

/** Of any copy of this package. */
export function isSite(value: unknown): value is Site {
  const like = value as Partial<Site> | null | undefined
  return (
    value instanceof Site || [like?.handle, like?.failed, like?.finished].every((call) => typeof call === 'function')
  )
}

/** @param resource A Site, or what a module would export. @throws TypeError for what can answer nothing. */
export function siteOf(resource: unknown, { log, report, limits }: SiteDefaults): Site {
  if (isSite(resource)) return resource
  return new Site({
    routes: [{ match: '/*', resource: mounted(handlerOf(resource)) }],
    ...(log !== undefined && { log }),
    ...(report !== undefined && { report }),
    ...(limits !== undefined && { limits }),
  })
}

/** A resource that stands alone is mounted where the web server says, and its user is whom the web server let in. */
function mounted(handler: Handler): Handler {
  return (request, connection) => {
    const call = carriedBy(connection)
    if (call !== undefined) {
      request.mount = call.mount
      if (call.user !== undefined) connection.identify(call.user, undefined, call.means)
    }
    return handler(request, connection)
  }
}

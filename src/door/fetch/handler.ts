import type { AuthorizationRecord } from '../../message/connection.ts'
import { type SiteDefaults, siteOf } from '../called/sites.ts'
import { handleRequest } from '../host/handle-request.ts'
import type { HostFacts } from '../host/request.ts'
import { factsOf } from './facts.ts'
import { FetchHostRequest } from './request.ts'

/** @typeParam Info What the runtime gives beside the Request: Deno its `info`, Bun its server, workerd its `env`. */
export interface FetchHandlerOptions<Info = unknown> extends SiteDefaults {
  /** The beginning of the path at which the host has the site, where the URL still has it; the resources' `mount`. */
  readonly mount?: string
  /** Whom the host has let in; the scheme `webServerUser` believes it. Nobody where it is left out. */
  readonly user?: (request: globalThis.Request, info: Info) => AuthorizationRecord | undefined
  /** What is known of the client's connection, where the runtime has its own way to tell. Deno's and Bun's are known. */
  readonly facts?: (request: globalThis.Request, info: Info) => HostFacts
  /** Answers what no route of the site takes, and what all that do declined; 404 where it is left out. */
  readonly declined?: (request: globalThis.Request, info: Info) => globalThis.Response | Promise<globalThis.Response>
}

/**
 * A site as the function that a Fetch runtime asks, or a framework of that shape: `Deno.serve(fetchHandler(site))`,
 * `Bun.serve({ fetch: fetchHandler(site) })`, `export default { fetch: fetchHandler(site) }`.
 * @param app A Site, or a resource: what a module would export.
 * @throws TypeError for an app that can answer nothing. The function rejects with one where the content was read already.
 */
export function fetchHandler<Info = unknown>(
  app: unknown,
  options: FetchHandlerOptions<Info> = {},
): (request: globalThis.Request, info: Info) => Promise<globalThis.Response> {
  const site = siteOf(app, options)
  const { mount, user, facts = factsOf, declined } = options
  return async (request, info) => {
    const told = { facts: facts(request, info), user: user?.(request, info), mount }
    const host = new FetchHostRequest(request, told)
    const outcome = handleRequest(site, host, { handBack: declined !== undefined })
    // The answer is there before it is sent to its end, or it never comes.
    return Promise.race([
      host.response,
      outcome.then((how) => (how === 'declined' && declined !== undefined ? declined(request, info) : host.response)),
    ])
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { AuthorizationRecord } from '../../message/connection.ts'
import type { Answering, SiteDefaults } from '../called/sites.ts'
import type { Outcome } from '../host/exchange.ts'
import { type HandleOptions, handleRequest } from '../host/handle-request.ts'
import type { Handed } from './handed.ts'
import { Http1Host } from './http1-host.ts'
import { Http2Host } from './http2-host.ts'

/** A request of node:http, node:https or node:http2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest
/** What its answer is written to. */
export type NodeResponse = ServerResponse | Http2ServerResponse

/** What holds for all ways into a server of Node's. `log`, `report` and `limits` are for a resource that stands alone; a Site has its own. */
export interface NodeOptions<R = NodeRequest> extends SiteDefaults {
  /** Whom the host has let in, for `access: { scheme: webServerUser }`; nobody where it is left out. */
  readonly user?: (request: R) => AuthorizationRecord | undefined
}

/** Has a site answer a request of Node's. @throws what handleRequest throws. */
export async function answerNode(
  site: Answering,
  request: NodeRequest,
  response: NodeResponse,
  handed: Handed,
  options?: HandleOptions,
): Promise<Outcome> {
  // A client that goes while something is written: the exchange learns that by the end of the connection.
  response.on('error', ignore)
  const host = isHttp2(request)
    ? new Http2Host(request, response as Http2ServerResponse, handed)
    : new Http1Host(request, response as ServerResponse, handed)
  const outcome = await handleRequest(site, host, options)
  if (outcome === 'declined') host.leave()
  return outcome
}

function isHttp2(request: NodeRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2
}

/** What went wrong between Node and the site; nothing of it may end the process. */
export function failed(site: Answering, response: NodeResponse, error: unknown): void {
  site.report?.('error', 'A request could not be handed over.', { error })
  if (response.headersSent) return void response.destroy()
  response.statusCode = 500
  response.end()
}

function ignore(): void {}

import type { Address } from '../../message/connection.ts'
import type { HostFacts } from '../host/request.ts'

/** What Deno.serve gives beside the Request; for a Unix socket there is a path. */
interface DenoInfo {
  readonly remoteAddr?: { readonly hostname?: string; readonly port?: number; readonly path?: string } | null
}

/** What Bun.serve gives: the server. */
interface BunServer {
  requestIP?(request: globalThis.Request): { readonly address: string; readonly port: number } | null
}

const UNKNOWN: Address = { address: '', port: undefined }

/**
 * What a runtime tells of the client. Never from a field: whoever sends one may write what he likes. Where there is a
 * proxy that is to be believed, the host says so by `facts` of its own.
 */
export function factsOf(request: globalThis.Request, info: unknown): HostFacts {
  return { remote: remoteOf(request, info), secure: request.url.startsWith('https:') }
}

function remoteOf(request: globalThis.Request, info: unknown): Address {
  if (info === null || typeof info !== 'object') return UNKNOWN
  const { remoteAddr } = info as DenoInfo
  if (remoteAddr !== undefined && remoteAddr !== null) {
    return { address: remoteAddr.hostname ?? remoteAddr.path ?? '', port: remoteAddr.port }
  }
  const found = typeof (info as BunServer).requestIP === 'function' ? (info as BunServer).requestIP?.(request) : null
  return found === null || found === undefined ? UNKNOWN : { address: found.address, port: found.port }
}

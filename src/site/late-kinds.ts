import type { Handler } from '../message/interface.ts'
import type { AppOptions } from '../resource/app/options.ts'
import type { CgiOptions } from '../resource/cgi/options.ts'
import { explaining, explanationOf } from '../resource/explain.ts'
import type { FastCgiOptions } from '../resource/fastcgi/options.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import type { ProxyGiven } from '../resource/proxy/options.ts'
import type { ScgiOptions } from '../resource/scgi/options.ts'
import type { WsgiOptions } from '../resource/wsgi/options.ts'
import type { AuthorizeOptions, GuardOf } from './authorize.ts'

/** The kinds of resource that most sites have none of, and what a route says of them. */
interface Values {
  readonly cgi: string | CgiOptions
  readonly app: string | AppOptions
  readonly wsgi: string | WsgiOptions
  readonly fastcgi: string | readonly string[] | FastCgiOptions
  readonly proxy: ProxyGiven
  readonly scgi: string | readonly string[] | ScgiOptions
  readonly object: string
  readonly authorize: AuthorizeOptions
}

export type LateKind = keyof Values

type Make = { readonly [K in LateKind]: (value: Values[K], place: FilesPlace, guardOf: GuardOf) => Handler }

const made: { -readonly [K in LateKind]?: Make[K] } = {}

const LOADERS: { readonly [K in LateKind]: () => Promise<Make[K]> } = {
  cgi: async () => (await import('../resource/cgi/cgi.ts')).cgi,
  fastcgi: async () => {
    const { fastcgi } = await import('../resource/fastcgi/fastcgi.ts')
    return (value, place) => fastcgi(value, place)
  },
  scgi: async () => (await import('../resource/scgi/scgi.ts')).scgi,
  proxy: async () => {
    const { proxy } = await import('../resource/proxy/proxy.ts')
    return (value, place) => proxy(value, place)
  },
  app: async () => (await import('../resource/app/app.ts')).app,
  wsgi: async () => (await import('../resource/wsgi/wsgi.ts')).wsgi,
  object: async () => (await import('../resource/object/object.ts')).object,
  authorize: async () => (await import('./authorize.ts')).authorize,
}

/** All of them. */
export const LATE_KINDS: readonly LateKind[] = Object.keys(LOADERS) as readonly LateKind[]

/** Loads what a kind takes, for those who have one: all of them together take more than a tenth of a start. */
export async function loadKind<K extends LateKind>(kind: K): Promise<void> {
  const table = made as { [L in K]?: Make[L] }
  table[kind] ??= await LOADERS[kind]()
}

/**
 * The resource of such a kind. Where it is not loaded yet, that happens now, and requests wait.
 * @throws TypeError for options that cannot be; where they are not looked at yet, requests fail with it.
 */
export function lateKind<K extends LateKind>(kind: K, value: Values[K], place: FilesPlace, guardOf: GuardOf): Handler {
  const make = made[kind]
  if (make !== undefined) return make(value, place, guardOf)
  let handler: Promise<Handler> | undefined
  const loaded = (): Promise<Handler> => {
    handler ??= loadKind(kind).then(() => lateKind(kind, value, place, guardOf))
    return handler
  }
  // Whoever makes a request is told.
  loaded().catch(() => undefined)
  return explaining(
    async (request, connection) => (await loaded())(request, connection),
    async (request) => (await explanationOf(await loaded())?.(request)) ?? [],
  )
}

import type { Handler } from '../message/interface.ts'
import type { AppOptions } from '../resource/app/options.ts'
import type { CgiOptions } from '../resource/cgi/options.ts'
import { explaining, explanationOf } from '../resource/explain.ts'
import type { FastCgiOptions } from '../resource/fastcgi/options.ts'
import type { FilesPlace } from '../resource/files/options.ts'
import type { ProxyGiven } from '../resource/proxy/options.ts'
import type { ScgiOptions } from '../resource/scgi/options.ts'
import type { WsgiOptions } from '../resource/wsgi/options.ts'

/** The kinds of resource that have programs answer, and what a route says of them. */
interface Values {
  readonly cgi: string | CgiOptions
  readonly app: string | AppOptions
  readonly wsgi: string | WsgiOptions
  readonly fastcgi: string | readonly string[] | FastCgiOptions
  readonly proxy: ProxyGiven
  readonly scgi: string | readonly string[] | ScgiOptions
}

export type ProgramKind = keyof Values

type Make = { readonly [K in ProgramKind]: (value: Values[K], place: FilesPlace) => Handler }

const made: { -readonly [K in ProgramKind]?: Make[K] } = {}

const LOADERS: { readonly [K in ProgramKind]: () => Promise<Make[K]> } = {
  cgi: async () => (await import('../resource/cgi/cgi.ts')).cgi,
  fastcgi: async () => (await import('../resource/fastcgi/fastcgi.ts')).fastcgi,
  scgi: async () => (await import('../resource/scgi/scgi.ts')).scgi,
  proxy: async () => (await import('../resource/proxy/proxy.ts')).proxy,
  app: async () => (await import('../resource/app/app.ts')).app,
  wsgi: async () => (await import('../resource/wsgi/wsgi.ts')).wsgi,
}

/** All of them. */
export const PROGRAM_KINDS: readonly ProgramKind[] = Object.keys(LOADERS) as readonly ProgramKind[]

/** Loads what a kind of program takes, for those who have one: most sites have none, and it takes a tenth of a start. */
export async function loadPrograms<K extends ProgramKind>(kind: K): Promise<void> {
  const table = made as { [L in K]?: Make[L] }
  table[kind] ??= await LOADERS[kind]()
}

/**
 * The resource that has programs answer. Where its kind is not loaded yet, that happens now, and requests wait.
 * @throws TypeError for options that cannot be; where they are not looked at yet, requests fail with it.
 */
export function programs<K extends ProgramKind>(kind: K, value: Values[K], place: FilesPlace): Handler {
  const make = made[kind]
  if (make !== undefined) return make(value, place)
  let handler: Promise<Handler> | undefined
  const loaded = (): Promise<Handler> => {
    handler ??= loadPrograms(kind).then(() => programs(kind, value, place))
    return handler
  }
  // Whoever makes a request is told.
  loaded().catch(() => undefined)
  return explaining(
    async (request, connection) => (await loaded())(request, connection),
    async (request) => (await explanationOf(await loaded())?.(request)) ?? [],
  )
}

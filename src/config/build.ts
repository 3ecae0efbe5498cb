import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { EngineOptions } from '../door/engine.ts'
import { networks } from '../io/addresses.ts'
import type { ListenAddress } from '../io/listener.ts'
import { Response } from '../message/response.ts'
import type { ErrorPage, ErrorPages } from '../site/errors.ts'
import type { Route } from '../site/route.ts'
import { Site } from '../site/site.ts'
import { type Config, ConfigError } from './config.ts'
import { loadModule } from './load.ts'

/** A config made real: the site, and what its front doors need. */
export interface Built {
  readonly site: Site
  readonly listen: readonly ListenAddress[]
  readonly engine: EngineOptions
}

export interface BuildOptions {
  /** The folder that relative paths are taken from. */
  readonly base: string
  /** Files that are never served: the config. */
  readonly withhold?: readonly string[]
  /** Reads the certificates too, which is done when they are listened with otherwise. */
  readonly certificates?: boolean
  /** Leaves the modules of the site alone: for commands that only explain. */
  readonly withoutModules?: boolean
}

const DEFAULT_LISTEN: readonly ListenAddress[] = [{ port: 8080 }]

/** @throws ConfigError that says which part cannot be used, and why. */
export async function buildConfig(config: Config, options: BuildOptions): Promise<Built> {
  const { base } = options
  const routes: Route[] = []
  for (const [i, route] of config.routes.entries()) routes.push(await withModule(route, i, options))
  const listen = (config.listen ?? DEFAULT_LISTEN).map((address) => absolute(address, base))
  const withheld = withheldFiles(config, listen, options)
  const { limits, timeouts, trustedProxies, log, report, middleware } = config
  const site = built(
    () =>
      new Site({
        routes,
        errors: errorPages(config, base),
        place: { base, types: lowerKeys(config.types ?? {}), withheld: (real) => withheld.has(real) },
        ...(limits?.body !== undefined && { limits: { body: limits.body } }),
        ...(log !== undefined && { log }),
        ...(report !== undefined && { report }),
        ...(middleware !== undefined && { middleware }),
      }),
  )
  if (options.certificates === true) await checkCertificates(listen)
  if (trustedProxies !== undefined) built(() => networks(trustedProxies), 'trustedProxies: ')
  const engine = {
    ...(limits !== undefined && { limits: defined(limits) }),
    ...(timeouts !== undefined && { timeouts: defined(timeouts) }),
    ...(trustedProxies !== undefined && { trustedProxies }),
  }
  return { site, listen, engine }
}

async function checkCertificates(listen: readonly ListenAddress[]): Promise<void> {
  const { tlsOptions } = await import('../io/tls.ts')
  for (const { tls } of listen) if (tls !== undefined) built(() => tlsOptions(tls))
}

async function withModule(route: Route, index: number, { base, withoutModules }: BuildOptions): Promise<Route> {
  if (typeof route.module !== 'string') return route
  if (withoutModules === true) return { ...route, module: unloaded }
  try {
    return { ...route, module: await loadModule(resolve(base, route.module)) }
  } catch (cause) {
    throw new ConfigError(`routes[${index}].module: ${(cause as Error).message}`, { cause })
  }
}

function unloaded(): Response {
  return new Response(null, { status: 503 })
}

function absolute(address: ListenAddress, base: string): ListenAddress {
  const { unix, tls } = address
  return {
    ...address,
    ...(unix !== undefined && { unix: resolve(base, unix) }),
    ...(tls !== undefined && {
      tls: tls.map((entry) => ({ ...entry, cert: resolve(base, entry.cert), key: resolve(base, entry.key) })),
    }),
  }
}

/** What is never served as a file, whatever a route says: the config, and the keys and modules that it names. */
function withheldFiles(
  config: Config,
  listen: readonly ListenAddress[],
  { base, withhold = [] }: BuildOptions,
): ReadonlySet<string> {
  const keys = listen.flatMap(({ tls }) => tls ?? []).flatMap(({ cert, key }) => [cert, key])
  const modules = config.routes.flatMap(({ module }) => (typeof module === 'string' ? [resolve(base, module)] : []))
  return new Set([...withhold, ...keys, ...modules].map(realPath))
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}

function errorPages(config: Config, base: string): ErrorPages {
  const pages: Record<string, ErrorPage> = {}
  for (const [status, page] of Object.entries(config.errors ?? {})) {
    pages[status] = typeof page === 'string' ? fileOf(resolve(base, page)) : page
  }
  return pages
}

/** An HTML file as an error page, read when it is needed: errors are rare, and the file may change. */
function fileOf(path: string): ErrorPage {
  return async (error) => {
    const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }
    return new Response(await readFile(path), { status: error.status, headers })
  }
}

function built<T>(build: () => T, where: string = ''): T {
  try {
    return build()
  } catch (cause) {
    throw new ConfigError(where + (cause as Error).message, { cause })
  }
}

/** Undefined values count as left out, and must not hide a default. */
function defined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

function lowerKeys(types: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(types).map(([suffix, type]) => [suffix.toLowerCase(), type]))
}

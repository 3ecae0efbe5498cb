import { resolve } from 'node:path'
import { Engine } from '../door/engine.ts'
import type { Site } from '../site/site.ts'
import { type Built, buildConfig } from './build.ts'
import { checkConfig } from './check.ts'
import { ConfigError, type ServeOptions } from './config.ts'

/** A server that runs. */
export interface Server {
  /** The first address, as a URL. */
  readonly url: string
  /** All addresses, as URLs; `unix:` and a path for Unix sockets. */
  readonly urls: readonly string[]
  readonly site: Site
  /**
   * Stops: accepts nothing more, lets running exchanges end for `timeouts.stop` milliseconds, then cuts them off.
   * Fulfilled when all connections are closed.
   */
  close(): Promise<void>
}

/**
 * Serves a site. Takes the keys of the config, and `port` and `host` as shorthand; relative paths are taken from
 * `base`, or the current folder.
 * @throws ConfigError for options that cannot be used, the system's error where an address cannot be listened on.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const { port, host, base = '.', ...config } = options
  const source = { name: 'serve()' }
  const short = port !== undefined || host !== undefined
  if (short && config.listen !== undefined) {
    throw new ConfigError('serve(): port and host are short for listen: give one or the other')
  }
  const listen = [{ port: port ?? 8080, ...(host !== undefined && { host }) }]
  const checked = checkConfig(short ? { ...config, listen } : config, source)
  return serveBuilt(await buildConfig(checked, { base: resolve(base), source }))
}

/** A site without a front door: for tests, and to be asked by `site.request()`. @throws as `serve` does. */
export async function createSite(options: Omit<ServeOptions, 'port' | 'host' | 'listen'>): Promise<Site> {
  const { base = '.', ...config } = options
  const source = { name: 'createSite()' }
  const { site } = await buildConfig(checkConfig(config, source), { base: resolve(base), source })
  return site
}

/** Opens all addresses of a built config, or none: where one fails, the others are closed again. */
export async function serveBuilt({ site, listen, engine: options, acme }: Built): Promise<Server> {
  await acme?.open().catch((cause: Error) => {
    throw new ConfigError(`acme.folder cannot be used: ${cause.message}`, { cause })
  })
  const engine = new Engine(site, options)
  try {
    for (const address of listen) await engine.listen(address)
  } catch (error) {
    await engine.close()
    throw error
  }
  const urls = engine.urls
  acme?.start(engine)
  const close = (): Promise<void> => {
    acme?.stop()
    return engine.close()
  }
  return { url: urls[0] ?? '', urls, site, close }
}

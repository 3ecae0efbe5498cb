import { resolve } from 'node:path'
import * as guards from '../access/guard.ts'
import { useGuards } from '../access/lazy-guard.ts'
import { type BuildOptions, buildConfig } from '../config/build.ts'
import { checkConfig } from '../config/check.ts'
import { type Config, ConfigError, type ServeOptions } from '../config/config.ts'
import { leaveErrorLog, withErrorLog } from '../config/error-log.ts'
import { Modules } from '../config/modules.ts'
import { oneAtATime } from '../io/one-at-a-time.ts'
import { reopenSinks } from '../log/sinks/open.ts'
import type { Report } from '../message/exchange.ts'
import type { Site } from '../site/site.ts'
import { localApplications } from './applications.ts'
import { PartlyMade } from './partly-made.ts'
import { Running } from './running.ts'

// A program that makes a Site is told at once what is wrong with its guards, and has no moment to wait for them.
useGuards(guards)

/** A server that runs. */
export interface Server {
  /** The first address, as a URL. */
  readonly url: string
  /** All addresses, as URLs; `unix:` and a path for Unix sockets. */
  readonly urls: readonly string[]
  /** The present site: a reload puts another one here. */
  readonly site: Site
  /**
   * Serves by other options, or by the same with modules and certificates read again. Addresses that both name stay
   * open; connections go over with their next request; exchanges that run end as they began. Log files are opened anew.
   * @throws as `serve` does; then the server goes on as it was.
   */
  reload(options?: ServeOptions): Promise<void>
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
  let present = options
  let report: Report | undefined
  const running = new Running(localApplications((...told) => report?.(...told)))
  let stopped = false
  const become = oneAtATime(async (next: ServeOptions, again: boolean): Promise<void> => {
    if (stopped) throw new Error('the server was stopped')
    const { config, build } = await readOptions(next, again)
    const before = report
    report = config.report
    try {
      const change = await running.prepare(await buildConfig(config, { ...build, acme: running.acme }))
      await change.make()
    } catch (error) {
      if (!(error instanceof PartlyMade)) {
        report = before
        await leaveErrorLog(config.report)
      }
      throw error
    }
    present = next
  })
  try {
    await become(options, false)
  } catch (error) {
    await running.close()
    throw error
  }
  return {
    get url() {
      return running.url
    },
    get urls() {
      return running.urls
    },
    get site() {
      return running.site
    },
    reload: (next = present) => {
      reopenSinks()
      return become(next, true)
    },
    close: () => {
      stopped = true
      return running.close()
    },
  }
}

/** A site without a front door: for tests, and to be asked by `site.request()`. @throws as `serve` does. */
export async function createSite(options: Omit<ServeOptions, 'port' | 'host' | 'listen'>): Promise<Site> {
  const { base = '.', ...config } = options
  const source = { name: 'createSite()' }
  const build = { base: resolve(base), source, hosted: true }
  const { site, applications, logs } = await buildConfig(checkConfig(config, source), build)
  const [application] = applications
  if (application !== undefined) {
    throw new ConfigError(`createSite(): ${application.name} needs a server that runs it: use serve()`)
  }
  logs?.open()
  return site
}

async function readOptions(options: ServeOptions, again: boolean): Promise<{ config: Config; build: BuildOptions }> {
  const { port, host, base = '.', ...given } = options
  const source = { name: 'serve()' }
  const short = port !== undefined || host !== undefined
  if (short && given.listen !== undefined) {
    throw new ConfigError('serve(): port and host are short for listen: give one or the other')
  }
  for (const key of ['workers', 'user', 'group'] as const) {
    if (given[key] === undefined || (key === 'workers' && given.workers === 1)) continue
    throw new ConfigError(`serve(): ${key} is for processes that "oriel serve" starts; this one is yours`)
  }
  const listen = [{ port: port ?? 8080, ...(host !== undefined && { host }) }]
  const config = await withErrorLog(checkConfig(short ? { ...given, listen } : given, source), resolve(base))
  return { config, build: { base: resolve(base), source, modules: new Modules(again) } }
}

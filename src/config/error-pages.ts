import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type ErrorPageSource, type ErrorPages, isErrorModule } from '../site/error-pages.ts'
import { type Config, ConfigError } from './config.ts'
import { faultAt } from './fault.ts'
import { loadModule, type Naming } from './load-module.ts'
import type { Modules } from './modules.ts'
import type { KeyPath } from './place.ts'

/**
 * Error pages with their modules loaded. @param path Where they stand in the config.
 * @throws ConfigError for a file that is not there, and a module that cannot be loaded.
 */
export async function errorPages(
  given: ErrorPages = {},
  path: KeyPath,
  modules: Modules,
  options: Naming,
): Promise<ErrorPages> {
  const { base, source } = options
  const pages: Record<string, ErrorPageSource> = {}
  for (const [key, page] of Object.entries(given)) {
    if (typeof page === 'string' && !existsSync(resolve(base, page))) {
      throw new ConfigError(faultAt([...path, key], `there is no file ${resolve(base, page)}`, source))
    }
    pages[key] =
      isErrorModule(page) && typeof page.module === 'string'
        ? { module: await loadModule(page.module, [...path, key, 'module'], modules, options) }
        : page
  }
  return pages
}

/** The files of modules that make error pages: as code, they are never served. */
export function errorModules({ errors, routes }: Config, base: string): string[] {
  const all = [errors, ...routes.map((route) => route.errors)].flatMap((pages) => Object.values(pages ?? {}))
  return all.flatMap((page) =>
    isErrorModule(page) && typeof page.module === 'string' ? [resolve(base, page.module)] : [],
  )
}

import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CgiOptions } from '../resource/cgi/options.ts'
import type { FastCgiOptions } from '../resource/fastcgi/options.ts'
import { parsePattern } from '../site/pattern.ts'
import type { Route } from '../site/route.ts'
import type { KeyPath } from './place.ts'

/** Files that a route runs, and that therefore no route sends. */
export interface Executed {
  /** Absolute. */
  readonly folder: string
  /** Only those that end so, in whatever case; all where it is left out. */
  readonly suffix?: string | readonly string[]
}

/** What is wrong with a path of a config. */
type Refuse = (path: KeyPath, why: string) => never

/** Checks that what a route runs is there and may be run. @param path Where the route stands. */
export function checkPrograms(route: Route, path: KeyPath, base: string, refuse: Refuse): void {
  checkCgi(route, path, base, refuse)
  checkFastCgi(route, path, base, refuse)
  checkScgi(route, path, base, refuse)
}

function checkCgi({ cgi }: Route, path: KeyPath, base: string, refuse: Refuse): void {
  if (cgi === undefined) return
  const { root, program, interpreters = {}, cwd } = optionsOf(cgi)
  const at = (...keys: KeyPath): KeyPath => [...path, 'cgi', ...keys]
  if (root !== undefined) checkFolder(resolve(base, root), at(...(typeof cgi === 'string' ? [] : ['root'])), refuse)
  if (cwd !== undefined) checkFolder(resolve(base, cwd), at('cwd'), refuse)
  if (program !== undefined) checkProgram(resolve(base, program), at('program'), refuse)
  for (const [suffix, given] of Object.entries(interpreters)) {
    const [file = ''] = typeof given === 'string' ? [given] : given
    checkProgram(resolve(base, file), at('interpreters', suffix), refuse)
  }
}

function checkFastCgi({ fastcgi }: Route, path: KeyPath, base: string, refuse: Refuse): void {
  if (!isFastCgi(fastcgi)) return
  const { root, data, sendfile = [] } = fastcgi
  const at = (...keys: KeyPath): KeyPath => [...path, 'fastcgi', ...keys]
  if (root !== undefined) checkFolder(resolve(base, root), at('root'), refuse)
  if (data !== undefined) checkFolder(resolve(base, data), at('data'), refuse)
  for (const [i, folder] of sendfile.entries()) checkFolder(resolve(base, folder), at('sendfile', i), refuse)
}

function checkScgi({ scgi }: Route, path: KeyPath, base: string, refuse: Refuse): void {
  const { sendfile = [] } = typeof scgi === 'object' && 'address' in scgi ? scgi : {}
  for (const [i, folder] of sendfile.entries())
    checkFolder(resolve(base, folder), [...path, 'scgi', 'sendfile', i], refuse)
}

function isFastCgi(fastcgi: Route['fastcgi']): fastcgi is FastCgiOptions {
  return typeof fastcgi === 'object' && !Array.isArray(fastcgi)
}

/** What the routes run: no other route sends its source. */
export function executed(routes: readonly Route[], base: string): Executed[] {
  return routes.flatMap(({ match, cgi, fastcgi }) => {
    if (isFastCgi(fastcgi) && fastcgi.root !== undefined) {
      const { root, suffix } = fastcgi
      return [{ folder: resolve(base, root), ...(suffix !== undefined && { suffix }) }]
    }
    if (cgi === undefined) return []
    const { root } = optionsOf(cgi)
    const { suffix } = parsePattern((typeof match === 'string' ? match : match.path) ?? '/*')
    return root === undefined ? [] : [{ folder: resolve(base, root), ...(suffix !== undefined && { suffix }) }]
  })
}

/** The single files among them. */
export function executedFiles(routes: readonly Route[], base: string): string[] {
  return routes.flatMap(({ cgi }) => {
    const { program } = cgi === undefined ? {} : optionsOf(cgi)
    return program === undefined ? [] : [resolve(base, program)]
  })
}

function optionsOf(cgi: string | CgiOptions): CgiOptions {
  return typeof cgi === 'string' ? { root: cgi } : cgi
}

/** A folder that is mistyped would be a site of nothing but 404, one that this user may not enter of nothing but 403. */
export function checkFolder(folder: string, path: KeyPath, refuse: Refuse): void {
  const why = objection(() => {
    const stats = statSync(folder, { throwIfNoEntry: false })
    if (stats === undefined) return `there is no folder ${folder}`
    if (!stats.isDirectory()) return `${folder} is no folder`
    accessSync(folder, constants.X_OK)
    return undefined
  }, 'this user may not enter the folder')
  if (why !== undefined) refuse(path, why)
}

function checkProgram(file: string, path: KeyPath, refuse: Refuse): void {
  const why = objection(() => {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (stats === undefined) return `there is no program ${file}`
    if (!stats.isFile()) return `${file} is no program`
    accessSync(file, constants.X_OK)
    return undefined
  }, 'this user may not execute it')
  if (why !== undefined) refuse(path, why)
}

function objection(look: () => string | undefined, denied: string): string | undefined {
  try {
    return look()
  } catch (cause) {
    return `${denied}: ${(cause as Error).message}`
  }
}

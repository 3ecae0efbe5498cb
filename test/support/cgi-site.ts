import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Server, serve } from '../../src/index.ts'
import type { CgiOptions } from '../../src/resource/cgi/options.ts'
import type { Route } from '../../src/site/route.ts'
import { makeFolder } from './folder.ts'
import { Reports } from './reports.ts'

/** Scripts are run by what POSIX systems have. */
export const POSIX: { readonly skip: boolean; readonly timeout: number } = {
  skip: process.platform === 'win32',
  timeout: 20_000,
}
/** Where processes and descriptors are counted in /proc. */
export const LINUX: { readonly skip: boolean; readonly timeout: number } = {
  skip: process.platform !== 'linux',
  timeout: 20_000,
}

/** Writes scripts, by path: text that begins with `#!`, else commands of sh. All may be executed. */
export function writeScripts(folder: string, scripts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(scripts)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text.startsWith('#!') ? text : `#!/bin/sh\n${text}\n`)
    chmodSync(path, 0o755)
  }
}

/** Commands that answer with a content. */
export function plain(text: string): string {
  return `printf 'Content-Type: text/plain\\n\\n%s' "${text}"`
}

export interface CgiSite {
  readonly folder: string
  readonly server: Server
  readonly url: string
  readonly reports: Reports
  /** What loggers were told of back ends. */
  readonly backends: unknown[]
}

/** A site with the scripts of `cgi-bin` at `/cgi-bin/*`, and the files of the folder beside. */
export async function cgiSite(
  t: TestContext,
  scripts: Readonly<Record<string, string>>,
  options: CgiOptions = {},
  routes: readonly Route[] = [],
  limits: Readonly<Record<string, number>> = {},
): Promise<CgiSite> {
  const folder = makeFolder({ 'page.html': 'page' })
  writeScripts(join(folder, 'cgi-bin'), scripts)
  const reports = new Reports()
  const backends: unknown[] = []
  const server = await serve({
    port: 0,
    base: folder,
    limits,
    report: reports.report,
    log: [{ logRequest: ({ backend }) => void backends.push(backend) }],
    routes: [
      ...routes,
      { match: '/cgi-bin/*', cgi: { ...(options.program === undefined && { root: 'cgi-bin' }), ...options } },
      { match: '/*', files: '.' },
    ],
  })
  t.after(() => server.close())
  return { folder, server, url: server.url, reports, backends }
}

/** The processes whose command line has a text in it, by number. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(text) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

/** Children of this process that have ended and that nobody asked for. */
export function zombies(): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const [state, parent] = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      return state === 'Z' && Number(parent) === process.pid ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

/** What this process has open: pipes, sockets, files, by kind and number. */
export function open(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`).replace(/:\[\d+\]$/, '')]
    } catch {
      return []
    }
  })
}

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type OrielProcess, startOriel } from './command.ts'
import { openFolder } from './peer-process.ts'
import { needPeer } from './peers.ts'

export interface WsgiSite {
  /** Without a slash at its end. */
  readonly url: string
  readonly port: number
  readonly folder: string
  readonly oriel: OrielProcess
  /** What the application wrote into a file of its folder. */
  read(name: string): string
}

/**
 * Has `oriel serve` run a WSGI application, as `app` at `/*`.
 * @param source The module `site_app`. @param options More keys of `wsgi:`. @param config More keys of the config.
 */
export async function serveWsgi(
  t: TestContext,
  source: string,
  options: Readonly<Record<string, unknown>> = {},
  config: Readonly<Record<string, unknown>> = {},
): Promise<WsgiSite | undefined> {
  const python = needPeer(t, 'python3')
  if (python === undefined) return undefined
  const folder = openFolder({ 'site_app.py': source })
  const wsgi = { module: 'site_app', ...options }
  const written = { listen: [{ host: '127.0.0.1', port: 0 }], routes: [{ match: '/*', wsgi }], ...config }
  writeFileSync(join(folder, 'oriel.config.yaml'), JSON.stringify(written))
  // Files that Python makes of the module would be owned by who runs the test.
  const env = { PYTHONDONTWRITEBYTECODE: '1' }
  const oriel = startOriel(t, ['serve'], folder, { env })
  const url = await oriel.url()
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { url, port: Number(new URL(url).port), folder, oriel, read }
}

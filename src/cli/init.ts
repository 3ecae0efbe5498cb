import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ConfigError } from '../config/config.ts'
import { CONFIG_NAMES, findConfig } from '../config/load.ts'

/** Folders that a site's files usually lie in, the first that exists. */
const USUAL = ['public', 'dist', 'www', 'htdocs', 'site']

/** `oriel init`: writes a config to start from. Never writes over one. */
export async function initCommand(folder: string): Promise<number> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new ConfigError(`there is no folder ${folder}`)
  const there = findConfig(folder)
  if (there !== undefined) throw new ConfigError(`${relative('.', there)} is there already; it is left as it is`)
  const root = USUAL.find((name) => existsSync(join(folder, name))) ?? '.'
  const path = join(folder, CONFIG_NAMES[0] ?? 'oriel.config.ts')
  writeFileSync(path, template(root), { flag: 'wx' })
  process.stdout.write(`Wrote ${path}. "oriel check" checks it, "oriel serve" serves it.\n`)
  return 0
}

function template(root: string): string {
  return `import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    // { match: '/notes/:id', module: './notes.ts' },
    // { match: '/old/*', redirect: { to: '/new/*', status: 308 } },
    { match: '/*', files: { root: '${root === '.' ? '.' : `./${root}`}', listing: false } },
  ],
  // errors: { 404: './404.html' },
  // trustedProxies: ['loopback'],
})
`
}

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startOriel } from './command.ts'
import { startSpawnFcgi } from './fastcgi-programs.ts'
import type { Front } from './front-cases.ts'
import { openFolder } from './peer-process.ts'
import { readmeBlock } from './readme.ts'
import { startApache, startCaddy, startLighttpd, startNginx, type WebServer } from './web-servers.ts'

/** What a README has, and what stands there instead. */
type Changes = Readonly<Record<string, string>>

const PROGRAM = join(import.meta.dirname, 'fastcgi-table.js')

/** The application as a program that anybody may start. */
function program(folder: string): string {
  const path = join(folder, 'app.sh')
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} ${PROGRAM} "$@"\n`)
  chmodSync(path, 0o755)
  return path
}

/** Before an application that spawn-fcgi started. */
function spawned(start: (t: TestContext, changes: Changes) => Promise<WebServer | undefined>): Front['start'] {
  return async (t, folder) => {
    const app = await startSpawnFcgi(t, [program(folder)])
    return app && (await start(t, { '/run/app/app.sock': app.socket }))?.url
  }
}

export const FRONTS: Readonly<Record<string, Front>> = {
  nginx: {
    breaks: 'always',
    tells: 'at once',
    atOnce: 64,
    start: spawned((t, changes) =>
      startNginx(t, readmeBlock('nginx', 0, { ...changes, ' fastcgi_params': ' /etc/nginx/fastcgi_params' })),
    ),
  },
  'Apache with mod_proxy_fcgi': {
    breaks: 'always',
    tells: 'when it writes',
    atOnce: 64,
    start: spawned((t, changes) => startApache(t, readmeBlock('Apache', 0, changes))),
  },
  'Apache with mod_fcgid': {
    // It puts an error page behind what was sent, and ends the answer.
    breaks: 'with a length',
    tells: 'when it writes',
    // It starts a process for each.
    atOnce: 4,
    start: async (t, folder) =>
      (await startApache(t, readmeBlock('Apache', 1, { '/srv/app/app.mjs': program(folder) })))?.url,
  },
  lighttpd: {
    breaks: 'always',
    // Mostly at once, with tcp-fin-propagate.
    tells: 'when it writes',
    atOnce: 64,
    start: spawned((t, changes) =>
      startLighttpd(t, `server.document-root = "${openFolder()}"\n${readmeBlock('lighttpd', 0, changes)}`),
    ),
  },
  Caddy: {
    breaks: 'with a length',
    tells: 'when it writes',
    atOnce: 64,
    start: spawned((t, changes) => startCaddy(t, readmeBlock('Caddy', 0, changes))),
  },
  Oriel: {
    breaks: 'always',
    tells: 'at once',
    atOnce: 64,
    start: async (t, folder) => {
      const app = await startSpawnFcgi(t, [program(folder)])
      if (app === undefined) return undefined
      const routes = readmeBlock('Oriel', 0, { '/run/app/app.sock': app.socket })
      const config = `export default { listen: [{ port: 0, host: '127.0.0.1' }], routes: [${routes}] }\n`
      return startOriel(t, ['serve'], openFolder({ 'oriel.config.ts': config, 'kept/': '' })).url()
    },
  },
}

import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startOriel } from './command.ts'
import type { Front } from './front-cases.ts'
import { onFreePort, openFolder, startPeer } from './peer-process.ts'
import { readmeBlock } from './readme.ts'
import { startApache, startLighttpd, startNginx, type WebServer } from './web-servers.ts'

const PROGRAM = join(import.meta.dirname, 'fastcgi-table.js')

/** A web server with what the documentation says under its heading, before our application. */
function before(
  heading: string,
  start: (t: TestContext, block: string) => Promise<WebServer | { readonly url: string } | undefined>,
  app: 'handler' | 'site' = 'handler',
): Front['start'] {
  return async (t, folder) => {
    const address = await onFreePort(async (port) => {
      const listen = `127.0.0.1:${port}`
      await startPeer(t, process.execPath, [PROGRAM, listen, 'scgi', app], { port }, { folder })
      return listen
    })
    const changes = { '127.0.0.1:4000': address, '"port" => 4000': `"port" => ${address.split(':')[1]}` }
    return (await start(t, readmeBlock(heading, 0, changes, 'docs/scgi.md')))?.url
  }
}

export const FRONTS: Readonly<Record<string, Front>> = {
  nginx: {
    breaks: 'always',
    tells: 'at once',
    atOnce: 64,
    start: before('nginx', (t, block) => startNginx(t, block.replace(' scgi_params', ' /etc/nginx/scgi_params'))),
  },
  'Apache with mod_proxy_scgi': {
    wantsLengths: true,
    breaks: 'always',
    tells: 'when it writes',
    atOnce: 64,
    start: before('Apache', startApache, 'site'),
  },
  lighttpd: {
    breaks: 'always',
    tells: 'when it writes',
    atOnce: 64,
    start: before('lighttpd', (t, block) => startLighttpd(t, `server.document-root = "${openFolder()}"\n${block}`)),
  },
  Oriel: {
    breaks: 'always',
    tells: 'at once',
    atOnce: 64,
    start: before('Oriel', async (t, block) => {
      const config = `export default { listen: [{ port: 0, host: '127.0.0.1' }], routes: [${block}] }\n`
      return { url: await startOriel(t, ['serve'], openFolder({ 'oriel.config.ts': config, 'kept/': '' })).url() }
    }),
  },
}

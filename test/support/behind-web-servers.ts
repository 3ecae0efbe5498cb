import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveFastCgi } from '../../src/door/fastcgi/server.ts'
import type { Opening } from '../behaviour/suite.ts'
import { openFolder } from './peer-process.ts'
import { http1Client } from './transports.ts'
import { type PeerTest, startApache, startCaddy, startLighttpd, startNginx, type WebServer } from './web-servers.ts'

/*
 * Web servers that somebody else wrote, with the site of the suite behind them at `/`: as a FastCGI application, or as a CGI
 * script.
 */

type Start = (t: PeerTest, target: string) => Promise<WebServer | undefined>

const OPEN = 'Require all granted'
const PROGRAM = join(import.meta.dirname, '../behaviour/cgi-program.js')

/** What passes the requests on to the application at a port of this machine. */
export const FASTCGI: Readonly<Record<string, Start>> = {
  nginx: (t, address) =>
    startNginx(
      t,
      `client_max_body_size 20m;
    fastcgi_buffering off;
    fastcgi_request_buffering off;
    location / {
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_NAME "";
      fastcgi_pass ${address};
    }`,
    ),
  apache2: (t, address) =>
    startApache(
      t,
      `AllowEncodedSlashes NoDecode
ProxyPass / fcgi://${address}/ flushpackets=on
ProxyFCGISetEnvIf true SCRIPT_NAME ""`,
    ),
  lighttpd: (t, address) => {
    const [host, port] = address.split(':')
    return startLighttpd(
      t,
      `server.document-root = "${openFolder()}"
server.stream-response-body = 1
server.stream-request-body = 1
fastcgi.server = ("/" => ((
  "host" => "${host}", "port" => ${port}, "check-local" => "disable", "tcp-fin-propagate" => "enable"
)))`,
    )
  },
  caddy: (t, address) =>
    startCaddy(
      t,
      `reverse_proxy ${address} {
    flush_interval -1
    transport fastcgi
  }`,
    ),
}

/** What starts the script for each request. */
export const CGI: Readonly<Record<string, Start>> = {
  apache2: (t, script) =>
    startApache(
      t,
      `AllowEncodedSlashes NoDecode
ScriptAlias / ${script}/
<Location />
  ${OPEN}
</Location>`,
    ),
  lighttpd: (t, script) =>
    startLighttpd(
      t,
      `server.document-root = "${openFolder()}"
server.stream-response-body = 1
server.stream-request-body = 1
alias.url = ("/" => "${script}/")
cgi.assign = (".cgi" => "")`,
    ),
}

/** A server that is ended by its `stop`, and that is there: the suite asks before. */
const UNBOUND: PeerTest = { after: () => {}, skip: () => {} }

async function opened(start: Start, target: string, close: () => Promise<void>): ReturnType<Opening> {
  const server = await start(UNBOUND, target)
  if (server === undefined) return undefined
  return {
    transport: http1Client(server.url),
    async close() {
      await server.stop()
      await close()
    },
  }
}

export function behindFastCgi(start: Start): Opening {
  return async (site) => {
    const application = await serveFastCgi(site, { listen: '127.0.0.1:0' })
    return opened(start, application.address, () => application.close())
  }
}

export function behindCgi(start: Start): Opening {
  return (_, root) => opened(start, script(root), async () => {})
}

/** The site as a script that anybody may start. @param root The folder with its files, which others must see. */
export function script(root: string): string {
  chmodSync(root, 0o755)
  const path = join(openFolder(), 'site.cgi')
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} ${PROGRAM} ${root}\n`)
  chmodSync(path, 0o755)
  return path
}
